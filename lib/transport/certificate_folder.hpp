// Finds certificates in a folder by the names of their files, and notices when a file has changed.
//
//     NAME.crt  NAME.key                      a chain and its key
//     NAME.pem  NAME.key                      the same
//     NAME.pem  NAME-key.pem                  the same, in mkcert's naming
//     NAME.pem                                both in one file
//     NAME/fullchain.pem  NAME/privkey.pem    as certbot stores them, one folder deep
//
// File names have no other meaning: the hosts are those in the certificate. Hidden and other files are ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "transport/certificate_file.hpp"

namespace ferrotunnel::transport {

/// Detects, without reading a file, whether it is still the one that was read. Follows links.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // -1 if there is no such file
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stamp_of(const std::filesystem::path& file) noexcept;

struct FoundCertificate {
    std::string name;        // the common part of the two files' names
    CertificateFiles files;  // one of the two may not exist
};

struct FolderListing {
    std::vector<FoundCertificate> found;  // each once: subfolders in the system's order, then files by name
    std::string error;                    // why the folder could not be listed; otherwise empty
};

FolderListing list_certificates(const std::filesystem::path& folder,
                                std::size_t entries_max = limits::certificate_folder_entries_max);

}  // namespace ferrotunnel::transport
