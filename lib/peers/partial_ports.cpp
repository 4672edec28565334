#include "peers/partial_ports.hpp"

#include <string_view>

#include "base/text.hpp"

namespace ferrotunnel::peers {
namespace {

constexpr std::string_view partial_prefix = "partial/";
constexpr std::size_t why_max = 100;  // the message of an error

std::string partial_key(std::string_view port, const std::string& member) {
    return std::string(partial_prefix).append(port) + '/' + member;
}

std::string note_of(const std::map<std::string, std::string>& members) {
    std::string text;
    for (const auto& [member, why] : members) {
        text += (text.empty() ? "" : ", ") + member + " (" + why + ')';
    }
    return printable(text, PartialPorts::note_max);
}

}  // namespace

void PartialPorts::watch() {
    values_->watch(std::string(partial_prefix), [itself = weak_from_this()](
                                                    const std::string& key,
                                                    const std::optional<directory::ClusterValue>& value) {
        const auto self = itself.lock();
        const std::string_view rest = std::string_view(key).substr(partial_prefix.size());
        const std::size_t slash = rest.find('/');
        const auto port = cluster::Name::from_encoded(rest.substr(0, slash));
        if (self && port && slash != std::string_view::npos) {
            self->set(*port, std::string(rest.substr(slash + 1)), value ? std::optional(value->text) : std::nullopt);
        }
    });
}

void PartialPorts::report(const cluster::Name& port, const std::optional<std::string>& why) {
    const std::string key = partial_key(port.encoded(), values_->own_member());
    if (why) {
        (void)values_->set(key, *why, lifetime);  // without room for it, only this member's status and log say so
    } else if (values_->get(key)) {
        (void)values_->remove(key);
    }
}

void PartialPorts::set(const cluster::Name& port, const std::string& member, const std::optional<std::string>& why) {
    if (member == values_->own_member()) {
        return;  // not a port of own clients
    }
    {
        const MutexLock lock(mutex_);
        auto& members = members_[port];
        if (!why) {
            const bool was_there = members.erase(member) != 0;
            if (members.empty()) {
                members_.erase(port);
            }
            if (!was_there) {
                return;
            }
        } else {
            std::string text = printable(*why, why_max);
            std::string& known = members[member];
            if (known == text) {
                return;  // reported again
            }
            known = std::move(text);
        }
    }
    changed_();
}

std::string PartialPorts::note(std::uint16_t port, bool udp) const {
    const MutexLock lock(mutex_);
    const auto found = members_.find(cluster::Name::of_port(port, udp));
    return found != members_.end() ? note_of(found->second) : std::string();
}

std::vector<std::pair<cluster::Name, std::string>> PartialPorts::notes() const {
    std::vector<std::pair<cluster::Name, std::string>> notes;
    const MutexLock lock(mutex_);
    for (const auto& [port, members] : members_) {
        notes.emplace_back(port, note_of(members));
    }
    return notes;
}

}  // namespace ferrotunnel::peers
