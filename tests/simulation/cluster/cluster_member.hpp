// One member of a simulated cluster: a process with a register, that crashes, hangs and starts again.
//
//   down --start--> running --hang--> hung --resume--> running     crash: to down, and what it had in memory is lost
//
// While it hangs, what is sent to it waits. When it continues, each source's events are handled in their order, and
// those of different sources in any order, as with sockets.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/register.hpp"
#include "simulation/cluster/cluster_context.hpp"

namespace ferrotunnel::simulation {

class ClusterMember {
public:
    using Index = ferrotunnel::cluster::MemberIndex;
    using Effects = ferrotunnel::cluster::Effects;
    /// Handles the effects of one call. It does not call the register.
    using Handler = std::function<void(ClusterMember&, const Effects&)>;
    /// What events that can overtake each other come from: a link, a session, the process itself.
    using Source = std::uint64_t;

    ClusterMember(ClusterContext& context, const ClusterProfile& profile, std::vector<std::string> list, Index index,
                  Handler on_effects);

    void start();
    void crash();
    void hang();
    void resume();

    Index index() const noexcept { return index_; }
    std::string name() const { return cluster_member_name(index_); }
    /// Of the present process. Zero: there is none.
    std::uint64_t incarnation() const noexcept { return incarnation_; }
    bool is_alive() const noexcept { return incarnation_ != 0; }
    bool is_running() const noexcept { return is_alive() && !is_hung_; }
    /// Counts hangs, to see whether one is still the same.
    std::uint64_t hangs() const noexcept { return hangs_; }
    TimePoint started_at() const noexcept { return started_at_; }
    TimePoint resumed_at() const noexcept { return resumed_at_; }

    /// Happens in this process: now, or when it continues; not at all if that process has ended.
    void in_process(Source source, std::uint64_t incarnation, std::function<void()> what);
    /// Calls the register, and has the effects handled. The process must be running.
    void call(const std::function<Effects(ferrotunnel::cluster::Register&, TimePoint)>& what);
    std::optional<ferrotunnel::cluster::Message> next(ferrotunnel::cluster::LinkId link);
    ferrotunnel::cluster::Register& reg() noexcept { return *register_; }
    const ferrotunnel::cluster::Register& reg() const noexcept { return *register_; }
    const ferrotunnel::cluster::Members& list() const noexcept { return *list_; }

private:
    void schedule_tick();
    void tick();

    ClusterContext& context_;
    const Duration clock_difference_max_;
    const std::shared_ptr<const ferrotunnel::cluster::Members> list_;
    const Index index_;
    const Handler on_effects_;
    std::unique_ptr<ferrotunnel::cluster::Register> register_;
    std::uint64_t incarnation_ = 0;
    std::uint64_t hangs_ = 0;
    bool is_hung_ = false;
    TimePoint started_at_{};
    TimePoint resumed_at_{};
    std::map<Source, std::deque<std::function<void()>>> waiting_;  // while it hangs
    TimePoint tick_at_ = never;
    std::uint64_t ticks_in_vain_ = 0;
};

}  // namespace ferrotunnel::simulation
