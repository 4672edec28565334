// Which visitors must show a certificate of their own, by host.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

struct ClientAuthorityRule {
    /// "app.example.com", "*.example.com" (one label), "**.example.com" (one or more), or "*": all that no other rule
    /// names, also visitors without a name.
    std::string host{};
    /// PEM: the CA certificates that sign the visitors'.
    std::filesystem::path ca_file{};
    /// False: a visitor without a certificate is let in too, and the service may tell the two apart.
    bool required = true;

    friend bool operator==(const ClientAuthorityRule&, const ClientAuthorityRule&) = default;
};

/// A rule with its CA certificates. Immutable.
struct ClientAuthority {
    StorePtr store;     // to verify with
    NameListPtr names;  // told to the visitor, so that its user is offered the right certificate
    bool required = true;
    std::string digest;  // of the rule and its certificates: rules that differ have different ones
};

/// Immutable. A name's rule is the exact one, else that of "*." and the name without its first label, else the longest
/// of "**.", else "*".
class ClientAuthorities {
public:
    /// Throws TlsConfigError with the file and the reason.
    static std::shared_ptr<const ClientAuthorities> load(const std::vector<ClientAuthorityRule>& rules);

    bool empty() const noexcept { return exact_.empty() && wildcard_.empty() && deep_.empty() && !all_; }
    /// Null: no certificate is asked for.
    const ClientAuthority* find(std::string_view host) const noexcept;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    using Map = std::unordered_map<std::string, std::shared_ptr<const ClientAuthority>, Hash, std::equal_to<>>;
    void add(const std::string& pattern, const std::shared_ptr<const ClientAuthority>& authority);

    Map exact_;
    Map wildcard_;  // by what follows "*."
    Map deep_;      // by what follows "**."
    std::shared_ptr<const ClientAuthority> all_;
};

}  // namespace ferrotunnel::transport
