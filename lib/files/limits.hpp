// The limits of services that answer with files, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::limits {

/// Folders on the way to a file, with the file. Without openat2 each costs a system call.
inline constexpr std::size_t files_path_segments_max = 64;
/// A name in a folder, as Linux has it.
inline constexpr std::size_t files_name_max = 255;
/// Entries of a folder that one listing shows. More would only cost memory: nobody reads them.
inline constexpr std::size_t files_listing_max = 1'000;
/// Answers of one service that hold a descriptor or a page, since they are not sent whole yet. Further ones are 503.
/// Files that fit into one turn are not among them, however slowly a visitor takes what was read.
inline constexpr std::size_t files_transfers_max = 1'024;
/// A file that was changed less than this before it is looked at may be changed again without another time: the clock
/// of a file system moves in ticks. Until then its entity tag is a weak one.
inline constexpr std::chrono::seconds files_settled_after{2};

/// Earlier times of a file, in seconds since 1970, are none: archives and package managers give one to every file (1 in
/// the Nix store, 1980 in zip files, 1985 in npm's packages). 1 January 1990.
inline constexpr std::chrono::seconds files_earliest_date{631'152'000};

}  // namespace ferrotunnel::limits
