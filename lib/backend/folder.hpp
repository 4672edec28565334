// The folder of a service with files: only what is below it can be opened.
//
// The kernel enforces that (openat2 with RESOLVE_BENEATH), not a comparison of paths. If the kernel does not have the
// call, or a sandbox forbids it, each folder on the path is opened by itself, which is equivalent since no link is
// followed: no `..` is ever in a path (files/file_path.hpp). The folder is looked up by its path for each request,
// links included: a new folder of the same name, or a link that a deployment has changed, takes effect at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "base/permits.hpp"
#include "base/result.hpp"
#include "files/limits.hpp"
#include "files/listing.hpp"
#include "files/validators.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::backend {

/// An opened entry of a folder: a file to read, or a folder to open entries of.
struct Opened {
    runtime::Fd fd;
    files::FileStamp stamp;
    bool is_folder = false;
};

/// How a path below a folder is looked up. `steps` is for kernels and sandboxes without openat2.
enum class Lookup : std::uint8_t { beneath, steps };

/// The method that this process may use.
Lookup usable_lookup() noexcept;

/// Opens `path` below `folder`, a descriptor: a regular file for reading, or a folder. Empty: the folder itself. Fails
/// with no_such_file_or_directory for anything else (neither pipes nor devices are opened), and for links.
Result<Opened, std::error_code> open_below(int folder, const std::string& path, Lookup lookup = usable_lookup());

/// The entries that visitors may see of a folder opened by open_below.
Result<files::Listing, std::error_code> list_folder(int folder);

/// The state of an open file.
Result<files::FileStamp, std::error_code> stamp_of(int file);

/// The folder of one service. Thread-safe.
class Folder {
public:
    Folder(std::string path, bool lists) noexcept : path_(std::move(path)), lists_(lists) {}

    const std::string& path() const noexcept { return path_; }
    /// Whether visitors may list a folder without index.html.
    bool lists() const noexcept { return lists_; }

    Result<runtime::Fd, std::error_code> open() const;

    /// Marks the folder as replaced by another one, or by other settings: its streams end before their next request.
    void retire() noexcept { retired_.store(true, std::memory_order_relaxed); }
    bool is_retired() const noexcept { return retired_.load(std::memory_order_relaxed); }

    /// A place among limits::files_transfers_max, returned with its last copy. Null if there is none.
    PermitPtr acquire_permit() const { return transfers_.acquire(); }

private:
    const std::string path_;
    const bool lists_;
    std::atomic<bool> retired_{false};
    const Permits transfers_{limits::files_transfers_max};
};

}  // namespace ferrotunnel::backend
