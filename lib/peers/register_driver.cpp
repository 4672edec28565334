#include "peers/register_driver.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace ferrotunnel::peers {

RegisterDriver::RegisterDriver(std::shared_ptr<const cluster::Members> members, const cluster::Register::Start& start,
                               std::function<TimePoint()> clock)
    : members_(std::move(members)), clock_(std::move(clock)), register_(members_, start), latest_(start.now) {}

void RegisterDriver::set_receivers(std::weak_ptr<ClaimEvents> claims, std::weak_ptr<RouteEvents> routes,
                                   DeadlineMoved deadline_moved) {
    claims_ = std::move(claims);
    routes_ = std::move(routes);
    deadline_moved_ = std::move(deadline_moved);
}

void RegisterDriver::update(const Action& action) {
    {
        const MutexLock lock(mutex_);
        queue(action(register_, now()));
    }
    carry_out();
}

// Workers read the clock once a round, so their times differ a little.
TimePoint RegisterDriver::now() const {
    latest_ = std::max(latest_, clock_());
    return latest_;
}

// --- time ------------------------------------------------------------------------------------------------------------

TimePoint RegisterDriver::arm() {
    const MutexLock lock(mutex_);
    armed_ = register_.next_deadline();
    return armed_;
}

void RegisterDriver::tick() {
    update([](cluster::Register& names, TimePoint now) { return names.tick(now); });
}

std::optional<std::string> RegisterDriver::forget(const std::string& member) {
    std::optional<std::string> problem;
    update([&](cluster::Register& names, TimePoint now) {
        const std::optional<cluster::MemberIndex> found = names.members().find(member);
        if (!found) {
            problem = "\"" + member + "\" is not a member of this cluster.";
            return cluster::Effects{};
        }
        if (*found == names.members().own()) {
            problem = member + " is this server itself.";
            return cluster::Effects{};
        }
        Result<cluster::Effects, std::string> effects = names.forget(*found, now);
        if (!effects) {
            problem = "The member " + member + " is linked. Stop it first.";
            return cluster::Effects{};
        }
        return std::move(*effects);
    });
    return problem;
}

// --- members ---------------------------------------------------------------------------------------------------------

std::optional<cluster::MemberIndex> RegisterDriver::add_member(const std::string& name,
                                                               const std::function<void(cluster::MemberIndex)>& known) {
    const MutexLock lock(mutex_);
    const std::optional<cluster::MemberIndex> member = register_.add_member(name, now());
    if (member) {
        known(*member);
    }
    return member;
}

std::optional<cluster::MemberIndex> RegisterDriver::remove_member(const std::string& name) {
    const MutexLock lock(mutex_);
    const std::optional<cluster::MemberIndex> member = register_.members().find(name);
    std::optional<cluster::Effects> effects = member ? register_.remove_member(*member, now()) : std::nullopt;
    if (!effects) {
        return std::nullopt;
    }
    queue(std::move(*effects));
    return member;
}

void RegisterDriver::members_found() {
    update([](cluster::Register& names, TimePoint now) { return names.members_found(now); });
}

// --- links -----------------------------------------------------------------------------------------------------------

cluster::LinkId RegisterDriver::new_link() {
    const MutexLock lock(mutex_);
    return ++last_link_;
}

cluster::Hello RegisterDriver::hello() const {
    const MutexLock lock(mutex_);
    return register_.hello();
}

Result<cluster::MemberIndex, std::string> RegisterDriver::connected(cluster::LinkId link, const cluster::Hello& hello,
                                                                    std::shared_ptr<RegisterPeer> peer) {
    std::optional<cluster::MemberIndex> member;
    {
        const MutexLock lock(mutex_);
        member = register_.members().find(hello.member);
        Result<cluster::Effects, std::string> effects = register_.connected(link, hello, now());
        if (!effects) {
            return effects.error();
        }
        refuse_other_links(*member);
        links_[link] = {*member, std::move(peer)};
        queue(std::move(*effects));
    }
    carry_out();
    return *member;
}

void RegisterDriver::refuse_other_links(cluster::MemberIndex member) {
    for (const auto& [id, link] : links_) {
        if (link.member == member) {
            effects_.emplace_back(cluster::LinkRefused{member, id, "a newer link replaces this one"});
        }
    }
}

void RegisterDriver::received(cluster::LinkId link, const cluster::Message& message) {
    update([&](cluster::Register& names, TimePoint now) { return names.received(link, message, now); });
}

void RegisterDriver::disconnected(cluster::LinkId link) {
    std::shared_ptr<RegisterPeer> peer;  // destroyed without the lock
    update([&](cluster::Register& names, TimePoint now) {
        mutex_.assert_locked();
        if (const auto node = links_.extract(link)) {
            peer = node.mapped().peer;
        }
        return names.disconnected(link, now);
    });
}

std::optional<cluster::Message> RegisterDriver::next(cluster::LinkId link) {
    std::optional<cluster::Message> message;
    update([&](cluster::Register& names, TimePoint now) {
        message = names.next(link, now);
        return cluster::Effects{};
    });
    return message;
}

// --- effects ---------------------------------------------------------------------------------------------------------

void RegisterDriver::queue(cluster::Effects effects) {
    effects_.insert(effects_.end(), std::move_iterator(effects.begin()), std::move_iterator(effects.end()));
}

// An effect that was lost for lack of memory would leave a client without its answer: then the process ends instead.
void RegisterDriver::carry_out() noexcept {
    ReleasableLock lock(mutex_);
    if (!is_carrying_out_) {
        is_carrying_out_ = true;
        while (!effects_.empty()) {
            const cluster::Effect effect = std::move(effects_.front());
            effects_.pop_front();
            lock.unlock();
            carry_out(effect);
            lock.lock();
        }
        is_carrying_out_ = false;
    }
    const TimePoint deadline = register_.next_deadline();
    if (deadline < armed_) {
        armed_ = deadline;
        lock.unlock();
        if (deadline_moved_) {
            deadline_moved_();
        }
    }
}

void RegisterDriver::carry_out(const cluster::Effect& effect) {
    struct Receiver {
        const RegisterDriver& driver;

        void operator()(const cluster::LinkReady& ready) const {
            if (const auto peer = driver.peer(ready.link)) {
                peer->on_ready();
            }
        }
        void operator()(const cluster::LinkRefused& refused) const {
            if (const auto peer = driver.peer(refused.link)) {
                peer->on_refused(refused.why);
            }
        }
        void operator()(const cluster::ClaimGranted& granted) const {
            if (const auto claims = driver.claims_.lock()) {
                claims->on_granted(granted);
            }
        }
        void operator()(const cluster::ClaimRefused& refused) const {
            if (const auto claims = driver.claims_.lock()) {
                claims->on_refused(refused);
            }
        }
        void operator()(const cluster::Revoked& revoked) const {
            if (const auto claims = driver.claims_.lock()) {
                claims->on_revoked(revoked);
            }
        }
        void operator()(const cluster::ProbeClient& probe) const {
            if (const auto claims = driver.claims_.lock()) {
                claims->on_probe(probe);
            }
        }
        void operator()(const cluster::RoutesChanged& changed) const {
            if (const auto routes = driver.routes_.lock()) {
                routes->on_changed(changed.name);
            }
        }
        void operator()(const cluster::MemberRouted& routed) const {
            if (const auto routes = driver.routes_.lock()) {
                routes->on_member_changed(routed.member);
            }
        }
        void operator()(const cluster::ValueChanged& changed) const {
            if (const auto values = driver.values_.lock()) {
                values->on_value_changed(changed.key);
            }
        }
        void operator()(const cluster::StoreClaim& claim) const {
            if (const auto store = driver.store_.lock()) {
                store->on_store_claim(claim);
            }
        }
        void operator()(const cluster::StoreRelease& release) const {
            if (const auto store = driver.store_.lock()) {
                store->on_store_release(release);
            }
        }
    };
    std::visit(Receiver{*this}, effect);
}

std::shared_ptr<RegisterPeer> RegisterDriver::peer(cluster::LinkId link) const {
    const MutexLock lock(mutex_);
    const auto found = links_.find(link);
    return found == links_.end() ? nullptr : found->second.peer;
}

}  // namespace ferrotunnel::peers
