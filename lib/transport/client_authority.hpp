// Rules for visitors' client certificates, by host.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "transport/credential_state.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

struct ClientAuthorityRule {
    /// The hosts: "app.example.com", "*.example.com" (one label), "**.example.com" (one or more), or "*": everything
    /// that no other rule names, including visitors without a name.
    std::string host{};
    /// PEM file with the CA certificates that sign the visitors' certificates.
    std::filesystem::path ca_file{};
    /// False: a visitor without a certificate is admitted too, and the service can distinguish the two cases.
    bool required = true;
    /// Instead of the file; null: none.
    std::shared_ptr<TrustState> trust{};
    /// Whether backends also get the certificate with its chain (RFC 9440). The chain is known only in a full
    /// handshake: no session is resumed.
    bool chain = false;

    friend bool operator==(const ClientAuthorityRule&, const ClientAuthorityRule&) = default;
};

/// A rule with its CA certificates. Immutable.
struct ClientAuthority {
    StorePtr store;     // for verification
    NameListPtr names;  // sent to the visitor, so that its user is offered the right certificate
    bool required = true;
    bool chain = false;
    std::string digest;  // of the CAs' text and the two above: rules with other requirements have another digest
};

/// Why these cannot be the CAs of a rule; empty if they can.
std::string authority_fault(const std::vector<CertificatePtr>& certificates);

/// All rules. Immutable. The rule for a name is the exact one, else that of "*." and the name without its first label,
/// else the longest one of "**.", else "*".
class ClientAuthorities {
public:
    /// Loads all rules. Throws TlsConfigError with the file and the reason.
    static std::shared_ptr<const ClientAuthorities> load(const std::vector<ClientAuthorityRule>& rules);

    bool empty() const noexcept { return exact_.empty() && wildcard_.empty() && deep_.empty() && !all_; }
    /// The rule for `host`. Null if no certificate is requested.
    const ClientAuthority* find(std::string_view host) const noexcept;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    using Map = std::unordered_map<std::string, std::shared_ptr<const ClientAuthority>, Hash, std::equal_to<>>;
    void add(const std::string& pattern, const std::shared_ptr<const ClientAuthority>& authority);

    Map exact_;
    Map wildcard_;  // the key is what follows "*."
    Map deep_;      // the key is what follows "**."
    std::shared_ptr<const ClientAuthority> all_;
};

}  // namespace ferrotunnel::transport
