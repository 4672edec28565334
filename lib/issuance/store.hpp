// The folder with accounts, certificates, orders and locks; docs/architecture/certificates.md has the layout.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/issued_chain.hpp"
#include "base/result.hpp"
#include "issuance/saved_records.hpp"

namespace ferrotunnel::issuance {

/// The name of the files of a CA: the host of its directory URL, a hyphen, and eight hexadecimal digits of the URL's
/// SHA-256.
std::string file_name_of_ca(std::string_view directory_url);

/// Blocks on the disk. NAME is always of acme::file_name_of(), and CA of file_name_of_ca(). Functions that return a
/// text return what is wrong, with a path, or nothing.
class Store {
public:
    explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Makes the folders, 0700. Throws std::system_error with a path in its text.
    void make_folders() const;
    /// Removes files that a killed process has left behind, and orders that cannot be continued any more.
    void remove_left_over(std::filesystem::file_time_type now = std::filesystem::file_time_type::clock::now()) const;

    std::filesystem::path account_file(std::string_view ca) const;
    /// An empty value: there is none. The error: it cannot be read now. A file that is not an account of this directory
    /// is an error, too, and is_wrong is set: it has to be set aside.
    struct AccountFault {
        std::string text{};
        bool is_wrong = false;
    };
    Result<std::optional<SavedAccount>, AccountFault> account(std::string_view directory_url) const;
    std::string write_account(const SavedAccount& account) const;
    /// Writes it if there is none; `has_lost` if another process was first.
    std::string write_first_account(const SavedAccount& account, bool& has_lost) const;
    /// The key that is about to replace the account's.
    std::optional<SavedAccount> next_account(std::string_view directory_url) const;
    std::string write_next_account(const SavedAccount& account) const;
    void remove_next_account(std::string_view directory_url) const noexcept;

    struct Certificate {
        acme::IssuedChain chain{};  // without its PEM
        SavedCertificate saved{};
    };
    std::filesystem::path certificate_file(std::string_view name) const;
    /// The present certificate; an empty value: none. The error: there is something else.
    Result<std::optional<Certificate>, std::string> certificate(std::string_view name) const;
    /// Both files, the certificate last.
    std::string write_certificate(std::string_view name, std::string_view key_pem, std::string_view chain_pem,
                                  const SavedCertificate& saved) const;
    /// Writes the record again, as far as the disk permits. False, and nothing is written: the certificate is another
    /// one, of another process, or was removed.
    bool update_certificate_record(std::string_view name, const SavedCertificate& saved) const;
    void remove_certificate(std::string_view name) const noexcept;
    /// The names of all certificates.
    std::vector<std::string> certificate_names() const;

    std::optional<SavedOrder> order(std::string_view name) const;
    std::string write_order(std::string_view name, const SavedOrder& order) const;
    void remove_order(std::string_view name) const noexcept;

    /// An empty one if there is none, or if it is unusable: then `fault` says why.
    SavedSchedule schedule(std::string& fault) const;
    std::string write_schedule(const SavedSchedule& schedule) const;

    std::filesystem::path challenges() const { return folder_ / "challenges"; }
    std::filesystem::path lock_file(std::string_view name) const;

private:
    std::string write_certificate_record(std::string_view name, const SavedCertificate& saved) const;
    std::filesystem::path next_account_file(std::string_view ca) const;
    std::filesystem::path record_file(std::string_view name) const;
    std::filesystem::path order_file(std::string_view name) const;

    const std::filesystem::path folder_;
};

}  // namespace ferrotunnel::issuance
