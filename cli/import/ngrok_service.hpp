// Adds the service of an ngrok tunnel: its public side and its backend.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ngrok.hpp"

namespace ferrotunnel::cli::importing::ngrok {

/// The public side of a tunnel.
struct Target {
    std::string kind;    // http, tcp or tls
    std::string scheme;  // of a URL: http, https, tcp or tls; empty: not given
    std::string host;    // empty: any
    std::string port;
    Origin origin;
    std::string key;
    bool is_internal = false;  // only other endpoints of the account reach it
};

class ServiceMaker {
public:
    ServiceMaker(Draft& draft, Keys& keys, Target target) : draft_(draft), keys_(keys), target_(std::move(target)) {}

    /// Adds the service, for further keys. Nullptr, with everything lost, if it has no backend.
    /// `protocol_key` has the version of HTTP that the backend speaks.
    Node* add(std::string_view name, std::string_view upstream_key, std::string_view protocol_key);

    LostGuards& guards() { return guards_; }

private:
    std::string public_value();
    void finish_public_side();
    void read_backend_tls();

    Draft& draft_;
    Keys& keys_;
    Target target_;
    Node* service_ = nullptr;
    LostGuards guards_;
};

}  // namespace ferrotunnel::cli::importing::ngrok
