// The addresses where a server listens for visitors if none is configured.
#pragma once

#include <string>

namespace ferrotunnel::cli {

struct UsualAddress {
    std::string address{};   // empty: it does not listen
    std::string fallback{};  // used if `address` is busy or forbidden; empty: none
};

/// With certificates from a CA, which connects to port 80, that port comes first.
inline UsualAddress usual_http(bool has_acme) {
    constexpr const char* usual = "0.0.0.0:8080";
    return has_acme ? UsualAddress{"0.0.0.0:80", usual} : UsualAddress{usual};
}

/// Only with certificates. If they are from a CA, port 443 comes first.
inline UsualAddress usual_https(bool has_acme, bool has_certificates) {
    constexpr const char* usual = "0.0.0.0:8443";
    return has_acme ? UsualAddress{"0.0.0.0:443", usual} : UsualAddress{has_certificates ? usual : ""};
}

}  // namespace ferrotunnel::cli
