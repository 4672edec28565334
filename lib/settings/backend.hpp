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
struct BackendWords {
    const std::string& name;  // of the service; the key of problems
    std::string& local;
    wire::ServiceKind kind;
    const BackendTls& tls;
    ProxyProtocol proxy;
    bool listing = false;
    const Tcp* exit = nullptr;  // the service with destinations and users if it is an exit
    bool proxy_each = false;    // of datagrams
};
BackendWords backend_words(Tcp& service);
BackendWords backend_words(Http& service);
BackendWords backend_words(Tls& service);
BackendWords backend_words(Udp& service);

/// Appends the problems, and completes `local` to its full form. `example`: an address to show if `local` is missing.
void check_backend(const BackendWords& words, const char* example, std::vector<Problem>& problems);

/// Appends the problems of a service that the application itself serves, without a backend.
void check_no_backend(const BackendWords& words, std::vector<Problem>& problems);

/// Makes the backend, after check_backend found no problems. Appends problems found when reading the files of
/// certificates and keys.
backend::Backend make_backend(const BackendWords& words, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
