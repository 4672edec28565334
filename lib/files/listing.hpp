// The page that lists the content of a folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::files {

struct ListingEntry {
    std::string name;
    bool is_folder = false;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // seconds since 1970
};

struct Listing {
    std::vector<ListingEntry> entries;  // in any order, at most limits::files_listing_max
    bool is_cut = false;                // there are more
};

/// The page as HTML, folders first and then by name. `path` is that of the folder, decoded and without slashes around
/// it; empty for the root. Names are escaped; links are relative.
std::string listing_page(std::string_view path, Listing listing);

}  // namespace ferrotunnel::files
