#include "transport/client_authority.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "net/host_name.hpp"
#include "transport/certificate.hpp"
#include "transport/pem_file.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
    throw TlsConfigError(file.empty() ? "the CAs for client certificates: " + reason : file.string() + ": " + reason);
}

std::shared_ptr<const ClientAuthority> make_authority(const std::vector<CertificatePtr>& certificates,
                                                      const std::string& digest, const ClientAuthorityRule& rule) {
    if (const std::string fault = authority_fault(certificates); !fault.empty()) {
        refuse(rule.ca_file, fault);
    }
    auto authority = std::make_shared<ClientAuthority>();
    authority->required = rule.required;
    authority->chain = rule.chain;
    authority->digest = digest + (rule.required ? "required" : "optional") + (rule.chain ? " with chain" : "");
    authority->store.reset(X509_STORE_new());
    authority->names.reset(sk_X509_NAME_new_null());
    for (const CertificatePtr& certificate : certificates) {
        X509_NAME* name = X509_NAME_dup(X509_get_subject_name(certificate.get()));
        const bool fine = authority->store && authority->names && name != nullptr &&
                          X509_STORE_add_cert(authority->store.get(), certificate.get()) == 1 &&
                          sk_X509_NAME_push(authority->names.get(), name) > 0;
        if (!fine) {
            X509_NAME_free(name);
            refuse(rule.ca_file, "cannot be used: " + take_openssl_error());
        }
    }
    ERR_clear_error();
    return authority;
}

std::shared_ptr<const ClientAuthority> load_one(const ClientAuthorityRule& rule) {
    if (rule.trust) {
        const std::shared_ptr<const TrustAnchors> anchors = rule.trust->current();
        return make_authority(anchors->authorities, anchors->digest, rule);
    }
    auto pem = read_pem_file(rule.ca_file);
    if (!pem) {
        refuse(rule.ca_file, pem.error());
    }
    auto certificates = certificates_in(*pem);
    if (!certificates) {
        refuse(rule.ca_file, certificates.error());
    }
    return make_authority(*certificates, pem->digest(), rule);
}

}  // namespace

std::string authority_fault(const std::vector<CertificatePtr>& certificates) {
    const bool are_all = std::all_of(certificates.begin(), certificates.end(), [](const CertificatePtr& certificate) {
        return X509_check_ca(certificate.get()) != 0;
    });
    ERR_clear_error();
    return are_all ? std::string() : "contains a certificate that is not a CA certificate";
}

std::shared_ptr<const ClientAuthorities> ClientAuthorities::load(const std::vector<ClientAuthorityRule>& rules) {
    auto made = std::make_shared<ClientAuthorities>();
    std::map<std::tuple<std::filesystem::path, std::shared_ptr<TrustState>, bool, bool>,
             std::shared_ptr<const ClientAuthority>>
        loaded;
    for (const ClientAuthorityRule& rule : rules) {
        std::shared_ptr<const ClientAuthority>& authority =
            loaded[{rule.ca_file, rule.trust, rule.required, rule.chain}];
        if (!authority) {
            authority = load_one(rule);
        }
        made->add(rule.host, authority);
    }
    return made;
}

void ClientAuthorities::add(const std::string& pattern, const std::shared_ptr<const ClientAuthority>& authority) {
    bool first = all_ == nullptr;
    if (pattern == "*") {
        all_ = authority;
    } else {
        const bool deep = pattern.starts_with("**.");
        auto host = net::normal_host_pattern(deep ? std::string_view(pattern).substr(1) : pattern);
        if (!host) {
            throw TlsConfigError("client certificates for \"" + pattern + "\": the host " + host.error());
        }
        const bool wild = host->starts_with("*.");
        Map& map = deep ? deep_ : wild ? wildcard_ : exact_;
        first = map.emplace(wild ? host->substr(2) : *host, authority).second;
    }
    if (!first) {
        throw TlsConfigError("client certificates for \"" + pattern + "\": the host has two rules");
    }
}

const ClientAuthority* ClientAuthorities::find(std::string_view host) const noexcept {
    if (auto exact = exact_.find(host); exact != exact_.end()) {
        return exact->second.get();
    }
    bool one_label_off = true;
    for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.')) {
        host.remove_prefix(dot + 1);
        if (auto wildcard = one_label_off ? wildcard_.find(host) : wildcard_.end(); wildcard != wildcard_.end()) {
            return wildcard->second.get();
        }
        if (auto deep = deep_.find(host); deep != deep_.end()) {
            return deep->second.get();
        }
        one_label_off = false;
    }
    return all_.get();
}

}  // namespace ferrotunnel::transport
