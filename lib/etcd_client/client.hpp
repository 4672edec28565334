// Client of an etcd: calls at its endpoints, one after another until one answers, and watches.
//
//   read(), transact(), ... --> waiting --16 at once--> fetch::Fetch at an endpoint --> done
//                                  ^  '--no token--> login, for which all wait
//                                  '--no answer, or a token that has expired: the next endpoint, a new login--'
//
// Each endpoint is tried once for a call. A call that has failed for want of an answer may have had its effect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "etcd/answers.hpp"
#include "etcd/endpoints.hpp"
#include "etcd/limits.hpp"
#include "etcd/login.hpp"
#include "etcd/requests.hpp"
#include "etcd_client/call.hpp"
#include "etcd_client/settings.hpp"
#include "etcd_client/watch_run.hpp"
#include "fetch/fetch.hpp"
#include "fetch/idle_connections.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::etcd {

/// Lives on its worker.
class Client {
public:
    /// Called once, in a later round, unless the client is destroyed first. It must not destroy the client.
    template <typename Answer>
    using Done = std::function<void(const Result<Answer, Fault>&)>;

    /// `to`: destinations_of(settings).
    Client(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to, Random& random);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void read(const Read& request, Done<ReadAnswer> done);
    void transact(const Transaction& request, Done<TransactionAnswer> done);
    void grant(LeaseId lease, std::chrono::seconds time, Done<LeaseAnswer> done);
    void renew(LeaseId lease, Done<LeaseAnswer> done);
    void revoke(LeaseId lease, Done<PutAnswer> done);

    /// A watch at the endpoint that is next. With a user it needs the token of an earlier call, and else ends at once
    /// with Fault::Kind::token; make another call then. It must not outlive the client.
    std::unique_ptr<WatchRun> watch(WatchStart start, WatchRun::Handlers handlers);

    /// Calls that wait or are on their way.
    std::size_t calls() const noexcept { return waiting_.size() + running_.size(); }

private:
    struct Running {
        Call call;
        std::size_t endpoint = 0;
        std::unique_ptr<fetch::Fetch> fetch;
    };

    template <typename Answer, typename Parse>
    void add(Post post, Duration time, Parse parse, Done<Answer> done);
    void enter(Call call);
    void advance();
    bool log_in();
    void send(Call call);
    void answered(std::uint64_t number, const fetch::Response& response);
    void failed(Call call, std::size_t endpoint, const Fault& fault);
    void watch_ended(std::size_t endpoint, std::uint64_t login, const Fault& fault);
    void finish(const Call& call, const std::optional<Fault>& fault);
    void refuse_waiting(const Fault& fault);
    static std::optional<Fault> fault_in(const Call& call, const fetch::Response& response);

    runtime::Worker& worker_;
    const std::string user_;
    const std::string password_;
    const Duration call_time_;
    const std::vector<fetch::Destination> to_;
    Endpoints endpoints_;
    Login login_;
    fetch::IdleConnections idle_;
    std::deque<Call> waiting_;
    std::deque<Call> rejected_;  // that did not fit
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, Running> running_;
    runtime::Timer timer_;  // continues in a later round
};

}  // namespace ferrotunnel::etcd
