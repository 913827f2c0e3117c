#pragma once
/*
 * What the public page loads besides its HTML: src/page/show/assets and src/page/dashboard/assets, made into C by embed.py
 */
extern const char asset_style[], asset_script[], asset_dashboard[];
