#include "peers/remote_names.hpp"

#include <algorithm>
#include <string>

#include "cluster/limits.hpp"

namespace ferrotunnel::peers {
namespace {

// Names that are looked up under the register's lock at a time: sessions and links wait less than a millisecond.
constexpr std::size_t looked_up_at_once = 256;
// Names that are written, or places of the table that are looked at, in one turn of the worker: its other sockets wait
// about 5 ms. With 4,096 hosts they would wait 50 ms (unit.directory, "100,000 hosts").
constexpr std::size_t written_at_once = 512;
static_assert(written_at_once <= cluster::limits::step_max);

static_assert(cluster::limits::member_slots <= 64, "RemoteNames has a bit for each member");

bool is_private(const cluster::Name& name) noexcept {
    return name.kind() == cluster::Name::Kind::service;
}

}  // namespace

void RemoteNames::on_changed(const cluster::Name& name) {
    if (is_private(name)) {
        return;
    }
    {
        const MutexLock lock(mutex_);
        changed_.insert(name);
    }
    wake_();
}

void RemoteNames::on_member_changed(cluster::MemberIndex member) {
    {
        const MutexLock lock(mutex_);
        changed_members_ |= MemberSet{1} << member;
        have_reported_ |= MemberSet{1} << member;
    }
    wake_();
}

void RemoteNames::on_member_forgotten(cluster::MemberIndex member) {
    const MutexLock lock(mutex_);
    have_reported_ &= ~(MemberSet{1} << member);
}

bool RemoteNames::step() {
    collect();
    std::vector<cluster::Name> names = batch_.empty() ? walk() : take();
    if (!names.empty()) {
        apply_(look_up(names));
    }
    const bool is_done = batch_.empty() && walked_ == 0 && to_walk_ == 0;
    if (is_done && learned_ && have_all_reported()) {
        std::exchange(learned_, nullptr)();
    }
    return !is_done;
}

// Each member's own report counts: the register may know of the last one before this does.
bool RemoteNames::have_all_reported() const {
    return names_->read([this](const cluster::Register& of, TimePoint) {
        bool have_all = !of.is_recovering();
        for (std::size_t i = 0; i < of.members().size(); ++i) {
            const auto member = static_cast<cluster::MemberIndex>(i);
            const bool is_other = member != of.members().own() && of.members().is_known(member);
            have_all = have_all && (!is_other || ((reported_ >> i) & 1) != 0);
        }
        return have_all;
    });
}

// The set is collected again when all of it has been reported, so that a name that changes all the time does not keep
// others waiting.
void RemoteNames::collect() {
    const MutexLock lock(mutex_);
    reported_ = have_reported_;
    to_walk_ |= std::exchange(changed_members_, 0);
    if (batch_.empty()) {
        batch_.insert(batch_.end(), changed_.begin(), changed_.end());
        changed_.clear();
    }
}

std::vector<cluster::Name> RemoteNames::take() {
    const std::size_t count = std::min(batch_.size(), written_at_once);
    std::vector<cluster::Name> names(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count));
    batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count));
    return names;
}

// A member that changes during a walk gets another one. Names that are added or removed meanwhile change by themselves.
std::vector<cluster::Name> RemoteNames::walk() {
    std::vector<cluster::Name> names;
    if (walked_ == 0) {
        walked_ = std::exchange(to_walk_, 0);
        position_ = 0;
    }
    if (walked_ == 0) {
        return names;
    }
    position_ = names_->read([&](const cluster::Register& of, TimePoint) {
        return of.table().visit_entries(position_, written_at_once, [&](const auto& entry) {
            if (((walked_ >> entry.member) & 1) != 0 && !is_private(entry.claim.name)) {
                names.push_back(entry.claim.name);
            }
            return true;
        });
    });
    if (position_ == 0) {
        walked_ = 0;
    }
    return names;
}

std::vector<RemoteName> RemoteNames::look_up(const std::vector<cluster::Name>& names) const {
    std::vector<RemoteName> found;
    found.reserve(names.size());
    for (std::size_t begin = 0; begin < names.size(); begin += looked_up_at_once) {
        const std::size_t end = std::min(names.size(), begin + looked_up_at_once);
        names_->read([&](const cluster::Register& of, TimePoint now) {
            for (std::size_t i = begin; i < end; ++i) {
                found.push_back(look_up(of, names[i], now));
            }
        });
    }
    return found;
}

RemoteName RemoteNames::look_up(const cluster::Register& of, const cluster::Name& name, TimePoint now) const {
    RemoteName remote{name};
    remote.members = of.routes(name);
    const cluster::ClaimTable& table = of.table();
    if (!remote.members.empty()) {
        const cluster::Claim best = table.entry(remote.members.front(), name)->claim;
        std::erase_if(remote.members, [&](cluster::MemberIndex member) {
            return table.entry(member, name)->claim.readiness != best.readiness;
        });
        remote.owner = best.owner.token;
        remote.party = best.owner.party;
        return remote;
    }
    for (const cluster::ClaimTable::Entry& entry : table.entries(name)) {
        if (entry.member != names_->members().own()) {
            remote.owner = entry.claim.owner.token;
            remote.party = entry.claim.owner.party;
            remote.is_known = true;
            return remote;
        }
    }
    if (const auto reservation = table.reservation(name, now)) {
        remote.owner = reservation->token;
        remote.is_known = true;
    }
    return remote;
}

}  // namespace ferrotunnel::peers
