#include "config_backend.hpp"

namespace ferrotunnel::detail {

BackendKeys::BackendKeys(config::Section& service)
    : ca_(service.find("backend_ca")),
      name_(service.find("backend_name")),
      insecure_(service.find("backend_insecure")),
      proxy_(service.find("proxy_protocol")) {}

bool BackendKeys::read(BackendTls& tls) const {
    const auto ca = ca_ ? ca_->path() : std::nullopt;
    const auto name = name_ ? name_->word() : std::nullopt;
    const auto insecure = insecure_ ? insecure_->boolean() : std::nullopt;
    tls.ca_file = ca.value_or("");
    tls.server_name = name.value_or("");
    tls.insecure = insecure.value_or(false);
    return (ca || !ca_) && (name || !name_) && (insecure || !insecure_);
}

bool BackendKeys::read(ProxyProtocol& proxy) const {
    if (!proxy_) {
        return true;
    }
    const auto choice = proxy_->choice({"off", "v1", "v2"});
    proxy = static_cast<ProxyProtocol>(choice.value_or(0));
    return choice.has_value();
}

bool BackendKeys::is_ca_good(const BackendWords& words) const {
    std::vector<Problem> problems;
    if (ca_) {
        make_backend(words, problems);
    }
    for (const Problem& problem : problems) {
        ca_->problem(problem.text);
    }
    return problems.empty();
}

const config::Value* BackendKeys::any_tls() const noexcept {
    return ca_ ? &*ca_ : name_ ? &*name_ : insecure_ ? &*insecure_ : nullptr;
}

}  // namespace ferrotunnel::detail
