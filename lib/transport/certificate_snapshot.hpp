// The certificates for visitors at one moment, by host.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "transport/certificate_expiry.hpp"
#include "transport/certificate_file.hpp"

namespace ferrotunnel::transport {

/// The certificates for a name: one for each available kind of key, so that old visitors find one that they support.
using ServedCertificates = std::vector<std::shared_ptr<const LoadedCertificate>>;

/// Immutable once it was built.
class CertificateSnapshot {
public:
    using WallTime = std::chrono::system_clock::time_point;

    /// Where a certificate comes from, the preferred source first.
    enum class Source : std::uint8_t {
        operator_files,
        ordered,  // by this server from a CA: only where the operator has none, or one that is about to end, and for a
                  // host only if there is no wildcard that ends later
        own,      // by a CA of this server's own: only where there is no other
        fallback,
    };

    /// Adds a certificate. Preferred sources come first; of one source, the better ones.
    void add(const std::shared_ptr<const LoadedCertificate>& certificate, Source source, WallTime now);
    void set_expiries(std::vector<CertificateExpiry> expiries) { expiries_ = std::move(expiries); }

    /// Returns those of the exact name, else those of "*." and the name without its first label, else the fallback.
    /// Null: reject. Costs two hash lookups, however many names there are.
    const ServedCertificates* find(std::string_view host) const noexcept;
    /// The same without the fallback.
    const ServedCertificates* find_own(std::string_view host) const noexcept;
    /// Returns those for visitors that send no name, as they do if they connect by an IP address: the fallback, else
    /// those of the address `at`, else those of any address (behind NAT, the address here is another one). Null:
    /// reject.
    const ServedCertificates* find_nameless(std::string_view at) const noexcept;

    /// Whether the operator's files have a certificate for this host, or this "*." pattern, that is not about to end.
    bool is_covered(std::string_view name, WallTime now) const;

    std::size_t hosts() const noexcept { return exact_.size() + wildcard_.size(); }
    /// The certificates that expire first, as far as they were read.
    const std::vector<CertificateExpiry>& expiries() const noexcept { return expiries_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    template <typename Value>
    using Map = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

    ServedCertificates& served_by(std::string_view name);
    bool has_any(std::string_view name) const noexcept;
    void add_own(const std::shared_ptr<const LoadedCertificate>& certificate);
    void add_addresses(const std::shared_ptr<const LoadedCertificate>& certificate);
    bool has_better_wildcard(std::string_view name, WallTime now) const;
    void add_ordered(ServedCertificates& served, const std::shared_ptr<const LoadedCertificate>& certificate,
                     std::string_view name, WallTime now);

    Map<ServedCertificates> exact_;
    Map<ServedCertificates> wildcard_;   // the key is what follows "*."
    Map<ServedCertificates> addresses_;  // only of ordered and own certificates: nobody asks for one by its address
    ServedCertificates any_address_;
    ServedCertificates fallback_;
    Map<WallTime> covered_until_;  // by name or pattern: of the operator's certificates
    std::vector<CertificateExpiry> expiries_;
};

}  // namespace ferrotunnel::transport
