#include "etcd_store/member_directory.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {
namespace {

std::optional<MemberValue> own_value(const std::optional<net::HostPort>& address, Random& random) {
    std::uint8_t number[8];
    store_be<8>(number, random.next());
    return address ? std::optional(MemberValue{*address, to_hex(number)}) : std::nullopt;
}

}  // namespace

MemberDirectory::MemberDirectory(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to,
                                 Random& random, const std::optional<net::HostPort>& address, Handlers handlers)
    : worker_(worker),
      prefix_(settings.prefix),
      own_(settings.member),
      own_value_(own_value(address, random)),
      handlers_(std::move(handlers)),
      client_(worker, settings.client, std::move(to), random),
      watcher_(worker, client_, random, member_prefix(prefix_), {limits::member_keys_max, limits::members_read_again},
               {[this](const etcd::KeyValue& pair) { set(pair); }, [this](const std::string& key) { gone(key); },
                [this] { synced(); },
                [this](const std::string& problem) {
                    watch_problem_ = problem;
                    handlers_.changed();
                }}),
      timer_(worker, [this] {
          announced_->tick();
          arm();
      }) {
    if (own_value_) {
        announced_.emplace(
            static_cast<Calls&>(*this), random, member_prefix(prefix_) + own_, value_of(*own_value_),
            AnnouncedMember::Handlers{[this] { handlers_.changed(); }, [this] { watcher_.read_again(); }});
    }
}

void MemberDirectory::start() {
    if (announced_) {
        announced_->start();
        arm();
    }
    watcher_.start();
}

void MemberDirectory::withdraw() {
    if (announced_) {
        announced_->withdraw();
        arm();
    }
}

std::string MemberDirectory::problem() const {
    return watch_problem_.empty() && announced_ ? announced_->problem() : watch_problem_;
}

// --- what etcd has ---------------------------------------------------------------------------------------------------

void MemberDirectory::set(const etcd::KeyValue& pair) {
    const std::optional<std::string> name = member_in_key(pair.key, prefix_);
    const std::optional<MemberValue> value = pair.is_cut ? std::nullopt : read_member_value(pair.value);
    if (!name) {
        return handlers_.ignored(printable(pair.key, limits::shown_key_max),
                                 "it does not end with the name of a member");
    }
    if (!value) {
        members_.erase(*name);
        handlers_.ignored(pair.key, "its value is not that of a member");
    } else if (*name == own_) {
        return set_own(*value, pair.key);
    } else {
        members_.insert_or_assign(*name, value->address);
    }
    handlers_.changed();
}

// An upgrade has two processes with one name and one address. It is not written again: two servers with one name would
// do so for ever.
void MemberDirectory::set_own(const MemberValue& value, const std::string& key) {
    is_own_there_ = true;
    const bool is_other = !own_value_ || value.process != own_value_->process;
    if (is_other && !(own_value_ && value.address == own_value_->address)) {
        handlers_.ignored(key, "another process at " + net::to_text(value.address) + " has this server's name");
    }
}

void MemberDirectory::gone(const std::string& key) {
    const std::optional<std::string> name = member_in_key(key, prefix_);
    if (name == own_) {
        is_own_there_ = false;
        if (announced_) {
            announced_->key_is_gone();
            arm();
        }
    } else if (name && members_.erase(*name) != 0) {
        handlers_.changed();
    }
}

void MemberDirectory::synced() {
    is_complete_ = true;
    if (announced_ && !is_own_there_) {
        announced_->key_is_gone();
        arm();
    }
    handlers_.changed();
}

// --- calls -----------------------------------------------------------------------------------------------------------

void MemberDirectory::arm() {
    timer_.set(announced_->next_deadline());
}

template <typename Answer>
Calls::Done<Answer> MemberDirectory::then_arm(Done<Answer> done) {
    return [this, done = std::move(done)](const Result<Answer, etcd::Fault>& answer) {
        done(answer);
        arm();
    };
}

void MemberDirectory::transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) {
    client_.transact(request, then_arm(std::move(done)));
}

void MemberDirectory::grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) {
    client_.grant(lease, time, then_arm(std::move(done)));
}

void MemberDirectory::renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) {
    client_.renew(lease, then_arm(std::move(done)));
}

}  // namespace ferrotunnel::etcd_store
