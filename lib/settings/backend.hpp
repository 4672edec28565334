// Backend settings of a service: validation, and conversion to the engine's form.
#pragma once

#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel::detail {

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

/// Appends the problems, and completes `local` to its full form. `example`: an address to show if `local` is missing.
void check_backend(const BackendSpec& words, const char* example, std::vector<Problem>& problems);

/// Appends the problems of a service that the application itself serves, without a backend.
void check_no_backend(const BackendSpec& words, std::vector<Problem>& problems);

/// Makes the backend, after check_backend found no problems. Appends problems found when reading the files of
/// certificates and keys.
backend::Backend make_backend(const BackendSpec& words, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
