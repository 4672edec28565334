// What a service says about its backend: checked, and as the engine takes it.
#pragma once

#include <string>
#include <vector>

#include "backend/backend.hpp"
#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel::detail {

/// The parts of a Tcp, an Http or a Tls that it is about.
struct BackendWords {
    const std::string& name;  // of the service, which problems are about
    std::string& local;
    wire::ServiceKind kind;
    const BackendTls& tls;
    ProxyProtocol proxy;
};
BackendWords backend_words(Tcp& service);
BackendWords backend_words(Http& service);
BackendWords backend_words(Tls& service);

/// Appends what is wrong, and brings `local` to its full form. `example` is one.
void check_backend(const BackendWords& words, const char* example, std::vector<Problem>& problems);

/// The same where the application itself serves, and there is no backend.
void check_no_backend(const BackendWords& words, std::vector<Problem>& problems);

/// After check_backend has found nothing. What only reading files of certificates and keys tells is appended.
backend::Backend make_backend(const BackendWords& words, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
