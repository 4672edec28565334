// The folder of a server's own CA: `ca.key` (key and certificate), `ca.pem` (the certificate, for those who trust it),
// and `certificates`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier.hpp"
#include "base/result.hpp"
#include "issuance/local_ca.hpp"

namespace ferrotunnel::issuance {

/// Blocks on the disk. Functions that return a text return what is wrong, with a path, or nothing.
class LocalFolder {
public:
    explicit LocalFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Makes the folders, 0700. Throws std::system_error with a path in its text, also if others may write there.
    void make() const;

    /// The CA, which is made if there is none; of several processes that do so, one wins, and all get its CA. Sets
    /// `is_new` if this one has made it. The error has the remedy.
    Result<LocalCa, std::string> load_or_make(const LocalConstraints& constraints, std::string_view host_name,
                                              acme::WallTime now, bool& is_new) const;

    std::filesystem::path authority_file() const { return folder_ / "ca.pem"; }
    std::filesystem::path certificates() const { return folder_ / "certificates"; }
    const std::filesystem::path& path() const noexcept { return folder_; }

    /// NAME of a certificate's file, from its first name, is of acme::file_name_of().
    std::filesystem::path certificate_file(std::string_view name) const;
    /// Names of files that have certificates, whatever is in them.
    std::vector<std::string> certificate_names() const;
    /// The facts of a present certificate; without names if there is none of this CA.
    LocalCa::Issued read(std::string_view name, const LocalCa& ca) const;
    /// Makes a certificate for these names.
    std::string issue(std::string_view name, const acme::Identifiers& names, const LocalCa& ca,
                      acme::WallTime now) const;
    void remove(std::string_view name) const noexcept;

private:
    std::filesystem::path key_file() const { return folder_ / "ca.key"; }

    const std::filesystem::path folder_;
};

}  // namespace ferrotunnel::issuance
