#include "simulation/cluster/cluster_member.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ferrotunnel::simulation {

using ferrotunnel::cluster::Members;
using ferrotunnel::cluster::Register;
using namespace std::chrono_literals;

ClusterMember::ClusterMember(ClusterContext& context, const ClusterProfile& profile, std::vector<std::string> list,
                             Index index, Handler on_effects)
    : context_(context),
      clock_difference_max_(profile.clock_difference_max),
      list_(std::make_shared<const Members>(
          std::move(list), cluster_member_name(index),
          profile.has_store ? ferrotunnel::cluster::Decides::store : ferrotunnel::cluster::Decides::homes)),
      index_(index),
      on_effects_(std::move(on_effects)) {}

void ClusterMember::start() {
    // Any day; a process that starts again may find its clock set.
    const auto wall = std::chrono::milliseconds(1'800'000'000'000) +
                      std::chrono::floor<std::chrono::milliseconds>(context_.events.now().time_since_epoch() +
                                                                    context_.between(0s, clock_difference_max_));
    do {
        incarnation_ = context_.random.next();
    } while (incarnation_ == 0);
    is_hung_ = false;
    started_at_ = context_.events.now();
    tick_at_ = never;
    register_ =
        std::make_unique<Register>(list_, Register::Start{incarnation_, context_.random.next(), context_.events.now(),
                                                          static_cast<std::uint64_t>(wall.count())});
    context_.tell([&] { return name() + " starts"; });
    schedule_tick();
}

void ClusterMember::crash() {
    context_.tell([&] { return name() + " crashes"; });
    incarnation_ = 0;
    is_hung_ = false;
    waiting_.clear();
    register_ = nullptr;
}

void ClusterMember::hang() {
    context_.tell([&] { return name() + " hangs"; });
    is_hung_ = true;
    ++hangs_;
}

void ClusterMember::resume() {
    context_.tell([&] { return name() + " continues"; });
    is_hung_ = false;
    resumed_at_ = context_.events.now();
    auto waiting = std::exchange(waiting_, {});
    if (context_.random.chance(50)) {
        tick();
    }
    const std::uint64_t incarnation = incarnation_;
    while (!waiting.empty() && incarnation_ == incarnation) {
        auto source = waiting.begin();
        std::advance(source, static_cast<std::ptrdiff_t>(context_.random.below(waiting.size())));
        const auto what = std::move(source->second.front());
        source->second.pop_front();
        if (source->second.empty()) {
            waiting.erase(source);
        }
        what();
    }
    tick();
}

void ClusterMember::in_process(Source source, std::uint64_t incarnation, std::function<void()> what) {
    if (incarnation != incarnation_ || !is_alive()) {
        return;
    }
    if (is_hung_) {
        waiting_[source].push_back(std::move(what));
    } else {
        what();
    }
}

void ClusterMember::call(const std::function<Effects(Register&, TimePoint)>& what) {
    cluster_rule(is_running(), "the simulation calls processes that run");
    on_effects_(*this, what(*register_, context_.events.now()));
    schedule_tick();
}

std::optional<ferrotunnel::cluster::Message> ClusterMember::next(ferrotunnel::cluster::LinkId link) {
    auto message = register_->next(link, context_.events.now());
    schedule_tick();
    return message;
}

void ClusterMember::schedule_tick() {
    const TimePoint deadline = register_->next_deadline();
    if (deadline == never || deadline >= tick_at_) {
        return;
    }
    tick_at_ = std::max(deadline, context_.events.now());
    context_.events.after(tick_at_ - context_.events.now(), [this, at = tick_at_, incarnation = incarnation_] {
        if (incarnation == incarnation_ && at == tick_at_ && !is_hung_) {
            tick();
        }
    });
}

void ClusterMember::tick() {
    tick_at_ = never;
    call([](Register& one, TimePoint now) { return one.tick(now); });
    ticks_in_vain_ = register_->next_deadline() <= context_.events.now() ? ticks_in_vain_ + 1 : 0;
    cluster_rule(ticks_in_vain_ < 1'000, "after a tick the next deadline is later");
}

}  // namespace ferrotunnel::simulation
