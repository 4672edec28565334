// Chooses the reader of files.
#pragma once

#include <span>

#include "draft.hpp"
#include "readers.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {

/// Reads files that all belong to one tunnel; there is at least one. Throws SourceError.
Draft read_files(std::span<const Source> sources);

}  // namespace ferrotunnel::cli::importing
