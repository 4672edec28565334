// DNS lookups on threads of their own, since they block.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::buffer {
class Mailbox;
}

namespace ferrotunnel::issuance {

struct DnsAnswer {
    std::vector<std::string> values{};  // none, without an error: there is no such record
    std::string error{};                // why it could not be looked up
};

/// Lives on a worker, which is called back. Its threads are detached, as a lookup cannot be cancelled: they hold only
/// the mailbox, so that nothing waits for them. /etc/hosts is not read: a CA does not, either.
class DnsLookup {
public:
    using Done = std::function<void(const DnsAnswer&)>;

    /// `time`: of each query.
    explicit DnsLookup(std::shared_ptr<buffer::Mailbox> mailbox, Duration time = limits::dns_time);
    /// No more calls.
    ~DnsLookup();
    DnsLookup(const DnsLookup&) = delete;
    DnsLookup& operator=(const DnsLookup&) = delete;

    /// An IP address with a port; empty: the system's resolvers. For lookups from now on.
    void set_server(const std::string& server);
    /// The TXT records of a name. Calls `done` in a later round.
    void text_records(const std::string& name, Done done);
    /// The IPv4 and IPv6 addresses of a host; an IP address is its own.
    void addresses(const std::string& host, Done done);

private:
    class Queue;
    enum class Kind : unsigned char { text, address };

    void add(const std::string& name, Kind kind, Done done);

    const std::shared_ptr<Queue> queue_;
    std::string server_;
};

}  // namespace ferrotunnel::issuance
