// Limits of services with files, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::limits {

/// Folders on the path to a file, including the file. Without openat2 each costs a system call.
inline constexpr std::size_t files_path_segments_max = 64;
/// A name in a folder, by the limit of Linux.
inline constexpr std::size_t files_name_max = 255;
/// Entries of a folder in one listing. More would only use memory: nobody reads them.
inline constexpr std::size_t files_listing_max = 1'000;
/// Responses of one service that hold a descriptor or a page because they are not sent completely yet. Further ones get
/// 503. Files that fit into one turn do not count, however slowly a visitor reads them.
inline constexpr std::size_t files_transfers_max = 1'024;
/// A file that was changed less than this before its time is read may change again without another time: the clock of a
/// file system has ticks. Until then its entity tag is weak.
inline constexpr std::chrono::seconds files_settled_after{2};

/// Earlier times of a file, in seconds since 1970, are ignored: archives and package managers give one to every file (1
/// in the Nix store, 1980 in zip files, 1985 in npm's packages). 1 January 1990.
inline constexpr std::chrono::seconds files_earliest_date{631'152'000};

}  // namespace ferrotunnel::limits
