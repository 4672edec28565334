#include "simulation/cluster/cluster_store.hpp"

#include <algorithm>
#include <utility>

#include "etcd/limits.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

// Apart from those of links, sessions and tables.
constexpr ClusterMember::Source store_requests = std::uint64_t{1} << 62U;
constexpr ClusterMember::Source store_answers = store_requests + 1;
constexpr ClusterMember::Source store_timers = store_requests + 2;

}  // namespace

ClusterStore::ClusterStore(ClusterContext& context, ClusterEtcd& etcd, ClusterEtcdFaults& faults, ClusterMember& member,
                           std::function<void()> on_lost)
    : context_(context),
      etcd_(etcd),
      faults_(faults),
      member_(member),
      incarnation_(member.incarnation()),
      on_lost_(std::move(on_lost)),
      names_(*this, context.random, "ferrotunnel/", member.name(), handlers()) {}

etcd_store::StoredNames::Handlers ClusterStore::handlers() {
    return {
        [this](std::uint64_t request, const cluster::StoreAnswer& answer) {
            member_.call(
                [&](cluster::Register& one, TimePoint now) { return one.store_answered(request, answer, now); });
        },
        [this](const std::string& problem) {
            context_.tell([&] { return member_.name() + (problem.empty() ? " has a store" : ": " + problem); });
            member_.call([&](cluster::Register& one, TimePoint now) { return one.set_store_problem(problem, now); });
        },
        [this] {
            context_.tell([&] { return member_.name() + " has lost what it had in etcd"; });
            ++context_.counts.losses;
            on_lost_();
            member_.call([](cluster::Register& one, TimePoint now) { return one.store_lost(now); });
        }};
}

void ClusterStore::start() {
    names_.start();
    schedule_tick();
}

void ClusterStore::jump(Duration time) {
    context_.tell([&] { return member_.name() + ": its clock goes forward"; });
    ahead_ += time;
    tick_at_ = never;
    in_process(store_timers, 0s, [this] { schedule_tick(); });
}

void ClusterStore::in_process(ClusterMember::Source source, Duration time, std::function<void()> what) {
    context_.events.after(time, [this, source, what = std::move(what)] {
        if (!is_stopped_) {
            member_.in_process(source, incarnation_, what);
        }
    });
}

// --- from the register -----------------------------------------------------------------------------------------------

void ClusterStore::add_request(Request request) {
    requests_.push_back(std::move(request));
    if (requests_.size() == 1) {
        in_process(store_requests, context_.between(0ms, 2ms), [this] { carry_out_requests(); });
    }
}

void ClusterStore::carry_out_requests() {
    for (const Request& request : std::exchange(requests_, {})) {
        if (const auto* const claim = std::get_if<cluster::StoreClaim>(&request)) {
            names_.claim(*claim);
        } else {
            names_.release(std::get<cluster::StoreRelease>(request));
        }
    }
    schedule_tick();
}

void ClusterStore::schedule_tick() {
    const TimePoint deadline = names_.next_deadline();
    if (deadline == never || deadline >= tick_at_) {
        return;
    }
    tick_at_ = std::max(deadline, now());
    in_process(store_timers, tick_at_ - now(), [this, at = tick_at_] {
        if (at != tick_at_) {
            return;
        }
        tick_at_ = never;
        names_.tick();
        ticks_in_vain_ = names_.next_deadline() <= now() ? ticks_in_vain_ + 1 : 0;
        cluster_rule(ticks_in_vain_ < 1'000, "after a tick the store's next deadline is later");
        schedule_tick();
    });
}

// --- to etcd ---------------------------------------------------------------------------------------------------------

template <typename Answer>
void ClusterStore::attempt(const std::shared_ptr<Call<Answer>>& call) {
    if (call->attempts == faults_.profile().endpoints) {
        finish<Answer>(call, etcd::Fault{etcd::Fault::Kind::unreachable, "no endpoint of etcd answers"});
        return;
    }
    const std::uint64_t number = ++call->attempts;
    const auto next = [this, call, number] {
        if (!call->is_done && call->attempts == number) {
            attempt(call);
        }
    };
    if (faults_.refuses()) {
        in_process(store_answers, 1ms, next);
        return;
    }
    in_process(store_timers, etcd::limits::call_time, next);
    context_.events.after(faults_.delay(), [this, call, number] {
        // What a process has sent before its end can be held up.
        if (member_.incarnation() != incarnation_ && context_.random.chance(50)) {
            context_.events.after(context_.between(0s, 5s), [this, call, number] { arrive(call, number); });
        } else {
            arrive(call, number);
        }
    });
}

template <typename Answer>
void ClusterStore::arrive(const std::shared_ptr<Call<Answer>>& call, std::uint64_t number) {
    if (!faults_.reaches(member_.index())) {
        return;
    }
    const Result<Answer, etcd::Fault> answer = call->carry_out();
    if (faults_.loses_answer()) {
        return;
    }
    in_process(store_answers, faults_.delay(), [this, call, number, answer] {
        if (!call->is_done && call->attempts == number) {
            finish<Answer>(call, answer);
        }
    });
}

template <typename Answer>
void ClusterStore::finish(const std::shared_ptr<Call<Answer>>& call, const Result<Answer, etcd::Fault>& answer) {
    call->is_done = true;
    call->done(answer);
    schedule_tick();
}

void ClusterStore::transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) {
    attempt(std::make_shared<Call<etcd::TransactionAnswer>>(
        Call<etcd::TransactionAnswer>{[this, request] { return etcd_.transact(request); }, std::move(done)}));
}

// Those of releases are longer than what is reserved.
void ClusterStore::grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) {
    using namespace etcd_store::limits;
    if (time == live_time || time == port_reserved_for || time == host_reserved_for) {
        kept_leases_[time] = lease;
    }
    attempt(std::make_shared<Call<etcd::LeaseAnswer>>(
        Call<etcd::LeaseAnswer>{[this, lease, time] { return etcd_.grant(lease, time); }, std::move(done)}));
}

void ClusterStore::renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) {
    attempt(std::make_shared<Call<etcd::LeaseAnswer>>(
        Call<etcd::LeaseAnswer>{[this, lease] { return etcd_.renew(lease); }, std::move(done)}));
}

}  // namespace ferrotunnel::simulation
