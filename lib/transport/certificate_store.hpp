// Certificates for visitors, by host: read from files, kept when a file becomes invalid, and read again when a file
// changes; or from memory, where the application replaces them (credential_state.hpp).
//
// Readers take an immutable snapshot; a reload builds the next snapshot and then swaps them. Both share what did not
// change, and equal intermediate certificates are kept once.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "transport/certificate_file.hpp"
#include "transport/certificate_folder.hpp"
#include "transport/certificate_snapshot.hpp"
#include "transport/credential_state.hpp"

namespace ferrotunnel::transport {

/// Where certificates come from. Their names are those in the certificate itself (subjectAltName).
struct CertificateSources {
    /// Files, which take precedence over folders if both have the same name.
    std::vector<CertificateFiles> files{};
    /// Certificates from memory, with the same precedence as files.
    std::vector<std::shared_ptr<CredentialState>> credentials{};
    /// Folders; certificate_folder.hpp defines what is found in them.
    std::vector<std::filesystem::path> folders{};
    /// For visitors that send no name, or one that no certificate has. Without a fallback they are rejected. It needs
    /// no names.
    CertificateFiles fallback{};
    /// Instead of these files; null: none.
    std::shared_ptr<CredentialState> fallback_credential{};
    /// A folder of certificates that this server orders from a CA. They are used where the other sources have no
    /// certificate, or one that is about to end. They may be for IP addresses. Empty: none.
    std::filesystem::path ordered{};
    /// Likewise for certificates by a CA of this server's own, which few trust: only for names that no other
    /// certificate has.
    std::filesystem::path own{};

    friend bool operator==(const CertificateSources&, const CertificateSources&) = default;
};

struct CertificateProblem {
    std::filesystem::path file;
    std::string reason;
    bool warning = false;  // the certificate is used nevertheless (expired, readable by all users)
    bool kept = false;     // the version that was read before stays in use

    friend bool operator==(const CertificateProblem&, const CertificateProblem&) = default;
};

/// The result of a load. It lists all problems, not only new ones.
struct CertificateReport {
    std::vector<CertificateProblem> problems;
    std::size_t certificates = 0;
    std::size_t hosts = 0;  // names and wildcards
    std::size_t read = 0;   // certificates that this load has read again
    bool errors() const noexcept;
};

class CertificateStore {
public:
    using WallTime = std::chrono::system_clock::time_point;

    explicit CertificateStore(CertificateSources sources);

    /// Sets other sources. The next load reads new ones and drops removed ones; pairs that are in both stay as they
    /// are.
    void set_sources(CertificateSources sources);

    /// Reads what has changed since the last call; the first call reads everything. Thread-safe; see VisitorTls.
    std::optional<CertificateReport> reload_if_changed(WallTime now);

    /// The current snapshot. Thread-safe.
    std::shared_ptr<const CertificateSnapshot> snapshot() const;

    /// The result of the last load.
    CertificateReport report() const;

private:
    enum class Rank : std::uint8_t { file, folder, ordered, own, fallback };
    struct Place {
        Rank rank;
        std::filesystem::path path;  // path of the certificate, or of the folder
        std::string name;            // name in the folder, or of a certificate from memory
        friend auto operator<=>(const Place&, const Place&) = default;
    };
    struct Pair {
        CertificateFiles files;
        std::shared_ptr<CredentialState> credential;  // instead of files
        FileStamp certificate_stamp;
        FileStamp key_stamp;
        bool unsettled = false;                           // must be read again, whatever the stamps are
        std::shared_ptr<const LoadedCertificate> loaded;  // the last good certificate
        std::vector<CertificateProblem> problems;
    };
    struct Candidate {
        Rank rank;
        std::shared_ptr<const LoadedCertificate> loaded;
    };

    bool find_pairs() REQUIRES(loading_);
    bool find_credentials(std::map<Place, CertificateFiles>& wanted) REQUIRES(loading_);
    void list_folder(const std::filesystem::path& folder, Rank rank, std::map<Place, CertificateFiles>& wanted,
                     std::vector<CertificateProblem>& problems) const REQUIRES(loading_);
    bool keep_folder(const std::filesystem::path& folder, Rank rank, std::map<Place, CertificateFiles>& wanted) const
        REQUIRES(loading_);
    bool refresh(Pair& pair, bool needs_hosts, WallTime now) REQUIRES(loading_);
    std::vector<Candidate> by_preference(WallTime now) const REQUIRES(loading_);
    void publish(WallTime now) REQUIRES(loading_);

    mutable Mutex loading_;  // held while files are read; guards this block of members
    CertificateSources sources_ GUARDED_BY(loading_);
    std::map<Place, Pair> pairs_ GUARDED_BY(loading_);
    ChainCertificates chains_ GUARDED_BY(loading_);
    std::vector<CertificateProblem> folder_problems_ GUARDED_BY(loading_);
    CertificateReport report_ GUARDED_BY(loading_);
    bool loaded_ GUARDED_BY(loading_) = false;

    mutable Mutex swap_;  // held only to copy a pointer
    std::shared_ptr<const CertificateSnapshot> snapshot_ GUARDED_BY(swap_);
};

}  // namespace ferrotunnel::transport
