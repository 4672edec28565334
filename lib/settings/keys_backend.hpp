// Backend keys of a service in a configuration file, besides `local`.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "settings/backend.hpp"

namespace ferrotunnel::detail {

class BackendKeys {
public:
    /// Looks up all keys, which makes them known.
    explicit BackendKeys(config::Section& service);

    /// Reads the values. False if one is invalid, which was reported.
    bool read(BackendTls& tls) const;
    bool read(ProxyProtocol& proxy) const;
    /// Tries the files of certificates and keys. False if one of them cannot be used, which was reported.
    bool check_files(const BackendSpec& words) const;
    /// The first TLS key that is present, or null. A TLS passthrough service must have none.
    const config::Value* any_tls() const noexcept;
    const std::optional<config::Value>& proxy() const noexcept { return proxy_; }
    const std::optional<config::Value>& proxy_each() const noexcept { return proxy_each_; }

private:
    std::optional<config::Value> ca_;
    std::optional<config::Value> certificate_;
    std::optional<config::Value> key_;
    std::optional<config::Value> name_;
    std::optional<config::Value> insecure_;
    std::optional<config::Value> proxy_;
    std::optional<config::Value> proxy_each_;
};

}  // namespace ferrotunnel::detail
