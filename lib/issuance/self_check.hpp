// Checks that a name leads to this server, before a CA is asked to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "acme/challenge.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "fetch/fetch.hpp"
#include "issuance/challenges.hpp"
#include "issuance/dns_lookup.hpp"
#include "issuance/limits.hpp"
#include "issuance/network.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::issuance {

struct SelfCheckResult {
    enum class Verdict : unsigned char {
        here,         // every address that answers is this server
        elsewhere,    // an address answers otherwise
        occupied,     // an address of this machine answers otherwise: another program has the port
        unreachable,  // no address answers: the CA may see more
        unresolved,   // DNS could not be asked: the CA may see more
        no_address,   // DNS has no address
    };

    Verdict verdict = Verdict::unreachable;
    std::string detail{};  // what was found, for the log: addresses and what they answer; printable
};

/// Lives on its worker. It publishes a random answer and requests it at every address of the name: only this path,
/// without redirects.
class SelfCheck {
public:
    struct Target {
        acme::Identifier name{};
        std::uint16_t port = 80;
        /// A stranger chose the name: of addresses that are not public, only this machine's are requested.
        bool is_of_stranger = true;
        Duration time = limits::self_check_time;  // for all addresses
    };
    struct Needs {
        Network& network;
        DnsLookup& dns;
        Challenges& challenges;
        Random& random;
    };
    using Done = std::function<void(const SelfCheckResult&)>;

    /// Calls `done` once, in a later round; it may destroy this.
    SelfCheck(Needs needs, Target target, Done done);
    ~SelfCheck();
    SelfCheck(const SelfCheck&) = delete;
    SelfCheck& operator=(const SelfCheck&) = delete;

private:
    struct AddressCheck {
        std::string address{};
        std::unique_ptr<fetch::Fetch> fetch{};
        SelfCheckResult::Verdict verdict = SelfCheckResult::Verdict::unreachable;
        std::string detail{};
    };

    void look_up();
    void have_addresses(const DnsAnswer& answer);
    void request(AddressCheck& check);
    void received(AddressCheck& check, const fetch::Response& response);
    void finish();
    void report(SelfCheckResult result);

    const Needs needs_;
    const Target target_;
    Done done_;
    acme::Challenge published_{};
    std::vector<AddressCheck> checks_{};
    std::size_t running_ = 0;
    std::string fault_{};  // why nothing could be published
    runtime::Timer timer_;
    runtime::Timer settling_;                 // until all members of a cluster have the answer
    const std::shared_ptr<SelfCheck*> self_;  // null when destroyed before DNS answers
};

/// Whether this is an address of the Internet, or of this machine.
bool may_request_for_stranger(std::string_view address) noexcept;

}  // namespace ferrotunnel::issuance
