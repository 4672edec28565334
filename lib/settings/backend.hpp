// Backend of a service, besides `local`: its keys, their reader and their check, and conversion to the engine's form.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "config/reader.hpp"
#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

/// The keys of a service that describe its backend, besides `local`.
std::span<const SettingFacts> backend_keys() noexcept;

/// The parts of a Tcp, an Http, a Tls or a Udp that describe its backend.
struct BackendSpec {
    const std::string& name;  // of the service; the key of problems
    std::string& local;
    wire::ServiceKind kind;
    const BackendTls& tls;
    ProxyProtocol proxy;
    bool listing = false;
    const Tcp* exit = nullptr;  // the service with destinations and users if it is an exit
    bool proxy_each = false;    // of datagrams
};
BackendSpec backend_spec(Tcp& service);
BackendSpec backend_spec(Http& service);
BackendSpec backend_spec(Tls& service);
BackendSpec backend_spec(Udp& service);

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

/// Appends the problems, and completes `local` to its full form. `example`: an address to show if `local` is missing.
void check_backend(const BackendSpec& words, const char* example, std::vector<Problem>& problems);

/// Appends the problems of a service that the application itself serves, without a backend.
void check_no_backend(const BackendSpec& words, std::vector<Problem>& problems);

/// Makes the backend, after check_backend found no problems. Appends problems found when reading the files of
/// certificates and keys.
backend::Backend make_backend(const BackendSpec& words, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
