#include "simulation/cluster/cluster_world.hpp"

#include <utility>
#include <variant>

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

ClusterProfile profile_of(test::SeededRandom& random, bool has_store) {
    ClusterProfile profile(random);
    profile.has_store = has_store;
    return profile;
}

}  // namespace

ClusterWorld::ClusterWorld(std::uint64_t seed, bool has_store, ClusterCounts& counts, bool logs)
    : context_(seed, counts, logs),
      profile_(profile_of(context_.random, has_store)),
      judge_(context_, members_),
      network_(context_, profile_, members_),
      clients_(context_, profile_, members_, judge_),
      values_(context_, members_) {
    if (has_store) {
        stores_ = std::make_unique<ClusterStores>(context_, members_, profile_.members, judge_);
    }
    std::vector<std::string> list;
    for (Index i = 0; i < profile_.members; ++i) {
        list.push_back(cluster_member_name(i));
    }
    for (Index i = 0; i < profile_.members; ++i) {
        members_.push_back(std::make_unique<ClusterMember>(
            context_, profile_, list, i,
            [this](ClusterMember& member, const cluster::Effects& effects) { handle(member, effects); }));
    }
    network_.on_received([this](Index from, std::uint64_t incarnation, Index to, const cluster::Message& message) {
        judge_.received(from, incarnation, to, message);
        if (std::holds_alternative<cluster::Granted>(message) && context_.random.chance(profile_.fragile)) {
            network_.cut_soon(from, to);
        }
    });
    judge_.set_sight(
        {[this](Index one, Index other, bool slow_counts) { return network_.last_trouble(one, other, slow_counts); },
         [this](Index member, const cluster::Name& name, const cluster::Owner& owner, Duration time) {
             return clients_.has_answered(member, name, owner, time);
         }});
}

void ClusterWorld::run() {
    for (Index i = 0; i < profile_.members; ++i) {
        context_.events.after(context_.between(0s, 3s), [this, i] { start(i); });
    }
    clients_.start();
    repeat_faults();
    repeat(profile_.client_every, [this] { clients_.act(); });
    repeat(profile_.visitor_every, [this] { add_visitor(); });
    repeat(profile_.value_every, [this] { values_.act(); });
    const auto run_for = [this](Duration time) { context_.events.run_until(context_.events.now() + time); };
    run_for(profile_.faults_for);
    mend();
    ClusterFinal final_check(members_, judge_, clients_);
    run_for(40s);
    final_check.check_tokens();
    run_for(160s);  // recovery, sessions whose client is gone, and clients that try again
    clients_.rest();
    run_for(45s);
    final_check.check();
    for (const auto& member : members_) {
        routes_.check(*member, clients_.names());
    }
    values_.check();
    if (stores_) {
        stores_->check();
    }
    context_.tell([] { return std::string("all clients leave"); });
    clients_.leave_all();
    run_for(60s);
    if (stores_) {
        stores_->stop();
        run_for(1h);
    }
    run_for(25h);
    if (stores_) {
        stores_->check_empty();
    }
    final_check.check_empty(context_.events.now());
    values_.check_kept();
}

void ClusterWorld::repeat_faults() {
    repeat(profile_.cut_every, [this] { network_.cut(); });
    repeat(profile_.partition_every, [this] { network_.partition(context_.between(1s, 60s)); });
    repeat(profile_.crash_every, [this] { crash(static_cast<Index>(context_.random.below(profile_.members))); });
    repeat(profile_.hang_every, [this] { hang(static_cast<Index>(context_.random.below(profile_.members))); });
    if (stores_) {
        ClusterEtcdFaults& faults = stores_->faults();
        repeat(faults.profile().away_every, [&faults] { faults.leave(); });
        repeat(faults.profile().cut_every, [&faults] { faults.cut(); });
        repeat(faults.profile().revoke_every, [&faults] { faults.revoke(); });
        repeat(faults.profile().restore_every, [&faults] { faults.restore(); });
        repeat(faults.profile().jump_every, [this] { stores_->jump(); });
        repeat(faults.profile().restart_every,
               [this] { restart(static_cast<Index>(context_.random.below(profile_.members))); });
    }
}

void ClusterWorld::repeat(Duration every, const std::function<void()>& what) {
    if (every == Duration(0)) {
        return;
    }
    context_.events.after(context_.around(every), [this, every, what] {
        if (!is_mended_) {
            what();
            repeat(every, what);
        }
    });
}

void ClusterWorld::mend() {
    context_.tell([] { return std::string("all faults end"); });
    is_mended_ = true;
    network_.mend();
    if (stores_) {
        stores_->faults().mend();
    }
    for (const auto& member : members_) {
        if (!member->is_alive()) {
            start(member->index());
        } else if (!member->is_running()) {
            member->resume();
        }
    }
    clients_.mend();
}

// --- members ---

void ClusterWorld::start(Index index) {
    if (!members_[index]->is_alive()) {
        members_[index]->start();
        if (stores_) {
            stores_->started(*members_[index]);
        }
        network_.member_started(index);
    }
}

void ClusterWorld::crash(Index index) {
    // Longer than a port stays reserved.
    const bool is_long = profile_.has_store && context_.random.chance(20);
    crash(index, is_long                      ? context_.between(90s, 200s)
                 : context_.random.chance(70) ? context_.between(200ms, 5s)
                                              : context_.between(5s, 90s));
}

void ClusterWorld::crash(Index index, Duration down) {
    if (!members_[index]->is_alive()) {
        return;
    }
    ++context_.counts.crashes;
    judge_.crashed(index);
    members_[index]->crash();
    network_.member_crashed(index);
    clients_.member_crashed(index);
    context_.events.after(down, [this, index] { start(index); });
}

// As by an upgrade: what it had is released, and the process ends, perhaps before that has arrived.
void ClusterWorld::restart(Index index) {
    if (members_[index]->is_running()) {
        clients_.member_ends(index);
        context_.events.after(context_.between(3ms, 200ms),
                              [this, index] { crash(index, context_.between(5ms, 100ms)); });
    }
}

void ClusterWorld::hang(Index index) {
    if (!members_[index]->is_running()) {
        return;
    }
    ++context_.counts.hangs;
    members_[index]->hang();
    network_.member_hung(index);
    clients_.member_hung(index);
    context_.events.after(
        context_.random.chance(60) ? context_.between(500ms, 9s) : context_.between(9s, 60s),
        [this, index, hangs = members_[index]->hangs()] {
            if (members_[index]->is_alive() && !members_[index]->is_running() && members_[index]->hangs() == hangs) {
                members_[index]->resume();
            }
        });
}

void ClusterWorld::handle(ClusterMember& member, const cluster::Effects& effects) {
    for (const cluster::Effect& effect : effects) {
        handle_one(member, effect);
    }
    judge_.check(member);
}

void ClusterWorld::handle_one(ClusterMember& member, const cluster::Effect& effect) {
    const Index index = member.index();
    if (const auto* const granted = std::get_if<cluster::ClaimGranted>(&effect)) {
        judge_.granted(index, *granted);
        clients_.granted(*granted);
    } else if (const auto* const refused = std::get_if<cluster::ClaimRefused>(&effect)) {
        judge_.refused(index, *refused);
        clients_.refused(*refused);
    } else if (const auto* const revoked = std::get_if<cluster::Revoked>(&effect)) {
        judge_.revoked(index, *revoked);
        clients_.revoked(index, *revoked);
    } else if (const auto* const probe = std::get_if<cluster::ProbeClient>(&effect)) {
        clients_.probe(index, *probe);
    } else if (const auto* const ready = std::get_if<cluster::LinkReady>(&effect)) {
        network_.ready(index, ready->link);
    } else if (const auto* const changed = std::get_if<cluster::RoutesChanged>(&effect)) {
        judge_.routes_changed(member, changed->name);
        routes_.changed(member, changed->name);
    } else if (const auto* const routed = std::get_if<cluster::MemberRouted>(&effect)) {
        judge_.member_routed(member, *routed);
        for (const cluster::Name& name : clients_.names()) {
            routes_.changed(member, name);
        }
    } else if (const auto* const value = std::get_if<cluster::ValueChanged>(&effect)) {
        values_.changed(member, value->key);
    } else if (const auto* const claim = std::get_if<cluster::StoreClaim>(&effect)) {
        stores_->of(index).add(*claim);
    } else if (const auto* const release = std::get_if<cluster::StoreRelease>(&effect)) {
        stores_->of(index).add(*release);
    } else if (const auto* const link = std::get_if<cluster::LinkRefused>(&effect)) {
        throw ClusterFailure(("no link is refused: " + link->why).c_str());
    }
}

// --- visitors ---

void ClusterWorld::add_visitor() {
    const auto entry = static_cast<Index>(context_.random.below(members_.size()));
    const cluster::Name& name = clients_.names()[context_.random.below(clients_.names().size())];
    if (!members_[entry]->is_running()) {
        return;
    }
    ++context_.counts.visitors;
    const cluster::Register& reg = members_[entry]->reg();
    if (reg.has(name)) {
        visit(entry, entry, name);
        return;
    }
    judge_.routed(entry, name, reg.routes(name));
    std::vector<Index> routes = routes_.find(*members_[entry], name);
    // A member without a link gets no stream: the visitor goes to the next one.
    std::erase_if(routes, [&reg](Index index) { return !reg.is_linked(index); });
    if (routes.empty()) {
        return;
    }
    const Index to = routes[context_.random.below(routes.size())];
    ++context_.counts.forwarded;
    context_.events.after(context_.between(100us, profile_.delay_max), [this, entry, to, name,
                                                                        incarnation = members_[to]->incarnation()] {
        members_[to]->in_process(to, incarnation, [this, to, entry, name] { visit(to, entry, name); });
    });
}

void ClusterWorld::visit(Index member, Index entry, const cluster::Name& name) {
    if (members_[member]->reg().has(name)) {
        judge_.served(member, name);
        ++context_.counts.served;
    } else {
        judge_.not_here(entry, member, name);
    }
}

}  // namespace ferrotunnel::simulation
