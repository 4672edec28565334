// Asks the application for certificates of hosts (HostCertificates), and remembers the answers
// (docs/architecture/credentials.md).
//
//    needs(host) --no: known, or not to be asked for--> handshake
//       |yes
//    wait(host) --> queue --the thread, few at a time--> handler --> CertificateAnswer --> cache --> ready()
//                                                          '--exception, deadline, dropped: failed --'
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/host_certificates.hpp"
#include "transport/certificate_file.hpp"

namespace ferrotunnel::detail {

class HostLookups;

/// What a HostCertificates has: the handler, and the servers that use it.
class HostCertificateHandler {
public:
    HostCertificateHandler(CertificateHandler call_in, const HostCertificateTimes& times_in)
        : call(std::move(call_in)), times(times_in) {}

    /// An empty host: all.
    void forget(const std::string& host);
    void enter(HostLookups& user);
    void leave(HostLookups& user);

    const CertificateHandler call;
    const HostCertificateTimes times;

private:
    Mutex mutex_;  // held while users forget
    std::vector<HostLookups*> users_ GUARDED_BY(mutex_);
};

/// Whether a host may be asked for.
enum class HostUse : std::uint8_t {
    unknown,  // no service has it: never
    pattern,  // a pattern of a service covers it: any stranger can invent such names
    exact,    // a service has exactly this host
};

/// Thread-safe.
class HostLookups {
public:
    struct Needs {
        std::shared_ptr<HostCertificateHandler> handler;
        Logger& log;
        std::function<HostUse(std::string_view host)> use_of;
        std::function<void()> on_change;  // a registered host has got a certificate; on the thread; may be empty
    };
    explicit HostLookups(Needs needs);
    /// Calls stop().
    ~HostLookups();
    HostLookups(const HostLookups&) = delete;
    HostLookups& operator=(const HostLookups&) = delete;

    /// Ends the calls: waits for one in progress, and releases everyone who waits. Afterwards nothing is asked. Not
    /// thread-safe, and not to be called by a handler. Without it the last owner waits, which may be a worker.
    void stop();

    /// The certificate of a host, for a handshake; null: none is known.
    std::shared_ptr<const transport::LoadedCertificate> find(std::string_view host);
    /// Whether a visitor of this host has to wait for an answer.
    bool needs(const std::string& host);
    /// Calls `ready` once, on any thread, perhaps before this returns; after `timeout` nothing is to be expected.
    void wait(const std::string& host, std::function<void()> ready);
    Duration timeout() const noexcept { return needs_.handler->times.timeout; }
    /// A client has registered the host.
    void offered(const std::string& host);
    void forget(const std::string& host);

    const std::shared_ptr<HostCertificateHandler>& handler() const noexcept { return needs_.handler; }

    class Core;

private:
    void run();
    void call(const std::string& host, std::uint64_t id);

    const Needs needs_;
    const std::shared_ptr<Core> core_;  // which answers outlive
    std::thread thread_;                // last, since it uses the others
};

}  // namespace ferrotunnel::detail
