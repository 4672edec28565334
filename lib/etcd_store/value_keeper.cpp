#include "etcd_store/value_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>
#include <variant>

#include "etcd_store/limits.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::etcd_store {
namespace {

ValueRecords::Milliseconds wall_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool is_lasting(const cluster::Value& value) {
    return value.text &&
           (value.milliseconds == 0 || std::chrono::milliseconds(value.milliseconds) > limits::kept_value_time);
}

etcd::Compare is_unchanged(const std::string& key, etcd::Revision modified) {
    return {{key, {}}, etcd::Compare::Target::modified, etcd::Compare::Result::equal, modified};
}

}  // namespace

ValueKeeper::ValueKeeper(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to,
                         Random& random, const transport::ClusterKeys& keys, Handlers handlers)
    : worker_(worker),
      random_(random),
      handlers_(std::move(handlers)),
      member_(settings.member),
      records_(settings.prefix, keys),
      client_(worker, settings.client, std::move(to), random),
      began_(worker.now()),
      timer_(worker,
             [this] {
                 advance();
                 handlers_.counted({kept_.size(), due_.size() + running_, unreadable_});
             }),
      watcher_(worker, client_, random, records_.prefix(),
               {.keys_max = limits::value_keys_max, .read_again = limits::values_read_again},
               {[this](const etcd::KeyValue& pair) { take(pair); },
                [this](const std::string& key) {
                    forget(std::string(records_.value_key(key)));
                    timer_.set(worker_.now());
                },
                [this] {
                    was_read_ = true;
                    report();
                    for (const std::string& key : handlers_.keys()) {
                        changed(key);
                    }
                    timer_.set(worker_.now());
                },
                [this](const std::string& problem) {
                    watch_problem_ = problem;
                    report();
                }}) {}

void ValueKeeper::start() {
    watcher_.start();
}

void ValueKeeper::changed(const std::string& key) {
    const std::optional<cluster::Value> value = handlers_.present(key);
    if (!value || !is_to_be_put(*value)) {
        return;
    }
    const auto kept = kept_.find(key);
    if (kept != kept_.end() && !kept->second.is_readable) {
        consider(key, after(kept->second.is_foreign ? Duration(limits::put_foreign_time)
                                                    : Duration(limits::put_for_others_time)));
    } else {
        consider(key, value->member == member_ ? worker_.now() : after(limits::put_for_others_time));
    }
}

// Those that could not be read are read before this member may replace them.
void ValueKeeper::set_keys(const transport::ClusterKeys& keys) {
    records_.set_keys(keys);
    for (const auto& [key, kept] : kept_) {
        if (!kept.is_readable && records_.is_known(kept.sealed_by)) {
            rereads_.add(key, worker_.now());
        }
    }
    for (const auto& [key, kept] : kept_) {
        changed(key);
    }
    timer_.set(worker_.now());
}

void ValueKeeper::when_stored(const cluster::Value& change, std::function<void()> stored) {
    std::erase_if(waiters_, [now = worker_.now()](const auto& one) { return one.second.until <= now; });
    if (has(change.key, change.time, change.member)) {
        stored();
    } else if (waiters_.size() < limits::value_waiters_max) {
        waiters_.emplace(change.key, Waiter{change.time, change.member, std::move(stored),
                                            worker_.now() + limits::value_waiter_time});
    }
}

// --- what etcd has ---------------------------------------------------------------------------------------------------

bool ValueKeeper::has(const std::string& key, cluster::Since time, const std::string& member) const {
    const auto kept = kept_.find(key);
    return kept != kept_.end() && kept->second.is_readable &&
           std::tie(kept->second.time, kept->second.member) >= std::tie(time, member);
}

// A removal is of interest only where etcd has what was removed.
bool ValueKeeper::is_to_be_put(const cluster::Value& value) const {
    const auto found = kept_.find(value.key);
    if (rereads_.contains(value.key)) {
        return false;
    }
    if (found == kept_.end() || !found->second.is_readable) {
        return is_lasting(value);
    }
    const Kept& kept = found->second;
    return !has(value.key, value.time, value.member) ||
           (value.text && kept.time == value.time && kept.member == value.member &&
            records_.is_replaced(kept.sealed_by));
}

void ValueKeeper::keep(const std::string& key, Kept kept) {
    const auto [at, is_new] = kept_.try_emplace(key);
    unreadable_ -= !is_new && !at->second.is_readable ? 1 : 0;
    unreadable_ += kept.is_readable ? 0 : 1;
    at->second = std::move(kept);
    for (auto [waiter, end] = waiters_.equal_range(key); waiter != end;) {
        if (has(key, waiter->second.time, waiter->second.member)) {
            waiter->second.stored();
            waiter = waiters_.erase(waiter);
        } else {
            ++waiter;
        }
    }
}

void ValueKeeper::forget(const std::string& key) {
    if (const auto at = kept_.find(key); at != kept_.end()) {
        unreadable_ -= at->second.is_readable ? 0 : 1;
        kept_.erase(at);
    }
    deletions_.remove(key);
    changed(key);
}

void ValueKeeper::take(const etcd::KeyValue& pair) {
    const std::string key(records_.value_key(pair.key));
    if (key.empty()) {
        return;
    }
    const auto now = wall_now();
    const std::optional<ValueRecords::Record> record = records_.read(pair, now);
    Kept kept{pair.modified};
    kept.sealed_by = transport::ClusterSeal::key_id(pair.value);
    deletions_.remove(key);
    rereads_.remove(key);
    if (record) {
        kept.time = record->value.time;
        kept.member = record->value.member;
        kept.is_readable = hear(*record);
        kept.until = record->kept_until;
    }
    kept.is_foreign = !kept.is_readable && (record || !records_.is_known(kept.sealed_by));
    if (kept.until != 0) {
        const Duration left = std::chrono::milliseconds(kept.until - std::min(now, kept.until));
        const Duration spread(random_.below(Duration(limits::deletions_spread_over).count()));
        deletions_.add(key, std::max(worker_.now() + left, began_ + limits::deletions_after) + spread);
    }
    keep(key, std::move(kept));
    changed(key);
    timer_.set(worker_.now());
}

// False: it was not accepted here, since its time is too far ahead, or there is no room. Of a value whose lifetime is
// over members hear nothing: their clocks differ, and what one of them took for its end would be a removal for all.
bool ValueKeeper::hear(const ValueRecords::Record& record) {
    if (record.has_ended) {
        return true;
    }
    handlers_.heard(record.value);
    const std::optional<cluster::Value> here = handlers_.present(record.value.key);
    return here && std::tie(here->time, here->member) >= std::tie(record.value.time, record.value.member);
}

// --- what is put -----------------------------------------------------------------------------------------------------

TimePoint ValueKeeper::after(Duration time) {
    return worker_.now() + time + Duration(random_.below(static_cast<std::uint64_t>(time.count())));
}

void ValueKeeper::consider(const std::string& key, TimePoint earliest) {
    due_.add(key, earliest);
    timer_.set(worker_.now());
}

void ValueKeeper::advance() {
    while (was_read_ && running_ < limits::value_calls_max) {
        const TimePoint now = worker_.now();
        if (const std::optional<std::string> again = rereads_.take(now)) {
            read_again(*again);
        } else if (const std::optional<std::string> key = puts_after_ > now ? std::nullopt : due_.take(now)) {
            put(*key);
        } else if (const std::optional<std::string> ended = deletions_.take(now)) {
            delete_ended(*ended);
        } else {
            timer_.set(std::min(
                {std::max(due_.next_deadline(), puts_after_), deletions_.next_deadline(), rereads_.next_deadline()}));
            return;
        }
    }
}

std::optional<etcd::Put> ValueKeeper::sealed(const cluster::Value& value) {
    try {
        return records_.put(value, wall_now());
    } catch (const transport::TlsConfigError& error) {
        put_failed(value.key, {etcd::Fault::Kind::rejected, error.what()});
        return std::nullopt;
    }
}

void ValueKeeper::put(const std::string& key) {
    const std::optional<cluster::Value> value = handlers_.present(key);
    if (!value || !is_to_be_put(*value)) {
        return put_settled(key);
    }
    std::optional<etcd::Put> put = sealed(*value);
    if (!put) {
        return;
    }
    const auto found = kept_.find(key);
    const bool was_there = found != kept_.end();
    etcd::Transaction transaction;
    transaction.conditions = {is_unchanged(put->key, was_there ? found->second.modified : 0)};
    transaction.otherwise = {etcd::Read{{put->key, {}}}};
    transaction.then = {*std::move(put)};
    ++running_;
    client_.transact(transaction,
                     [this, key, was_there, kept = Kept{0, value->time, value->member, true, records_.sealed_by()}](
                         const Result<etcd::TransactionAnswer, etcd::Fault>& answer) {
                         --running_;
                         if (was_there && !kept_.contains(key)) {
                             rereads_.add(key, worker_.now());  // it was deleted: before the put, or after it
                         }
                         put_answered(key, kept, answer);
                         timer_.set(worker_.now());
                     });
}

void ValueKeeper::put_answered(const std::string& key, Kept put,
                               const Result<etcd::TransactionAnswer, etcd::Fault>& answer) {
    if (!answer) {
        return put_failed(key, answer.error());
    }
    put_settled(key);
    if (answer->succeeded) {
        put.modified = answer->header.revision;
        const auto found = kept_.find(key);
        if (found == kept_.end() || found->second.modified < put.modified) {
            keep(key, std::move(put));
        }
        changed(key);
        return;
    }
    const auto* const read = std::get_if<etcd::ReadAnswer>(&answer->answers.at(0));
    if (read != nullptr && !read->pairs.empty()) {
        take(read->pairs.front());
    } else {
        forget(key);
    }
    if (due_.remove(key)) {
        const auto found = kept_.find(key);
        const bool is_foreign = found != kept_.end() && found->second.is_foreign;
        due_.add(key, after(is_foreign ? Duration(limits::put_foreign_time) : Duration(limits::put_behind_time)));
    }
}

// Without an answer no other put would have one. A put that is refused holds up none of another key.
void ValueKeeper::put_failed(const std::string& key, const etcd::Fault& fault) {
    const unsigned times = std::min(++failures_[key], 9U);
    put_problem_ = fault.text;
    if (etcd::is_of_endpoint(fault)) {
        puts_after_ = after(limits::put_again_time);
        due_.add(key, puts_after_);
    } else {
        due_.add(key, after(std::min<Duration>(limits::put_again_time * (1 << (times - 1)), limits::put_again_max)));
    }
    report();
}

void ValueKeeper::put_settled(const std::string& key) {
    failures_.erase(key);
    if (failures_.empty()) {
        put_problem_.clear();
        report();
    }
}

void ValueKeeper::read_again(const std::string& key) {
    ++running_;
    client_.read({{records_.etcd_key(key), {}}}, [this, key](const Result<etcd::ReadAnswer, etcd::Fault>& answer) {
        --running_;
        if (!answer) {
            rereads_.add(key, after(limits::put_again_time));
        } else if (answer->pairs.empty()) {
            rereads_.remove(key);
            forget(key);
        } else {
            take(answer->pairs.front());
        }
        timer_.set(worker_.now());
    });
}

// Etcd has nothing that members still have: they have forgotten it at about the same time.
void ValueKeeper::delete_ended(const std::string& key) {
    const std::optional<cluster::Value> here = handlers_.present(key);
    const auto found = kept_.find(key);
    if (found == kept_.end() || (here && here->text)) {
        return;
    }
    if (const auto now = wall_now(); now < found->second.until) {  // the clock was set back
        deletions_.add(key, worker_.now() + std::chrono::milliseconds(found->second.until - now));
        return;
    }
    etcd::Transaction transaction;
    const std::string etcd_key = records_.etcd_key(key);
    transaction.conditions = {is_unchanged(etcd_key, found->second.modified)};
    transaction.then = {etcd::Delete{{etcd_key, {}}}};
    ++running_;
    client_.transact(transaction, [this, key](const Result<etcd::TransactionAnswer, etcd::Fault>& answer) {
        --running_;
        if (!answer) {
            deletions_.add(key, after(limits::deletions_spread_over));
        } else if (answer->succeeded) {
            forget(key);
        }
        timer_.set(worker_.now());
    });
}

// --- problems --------------------------------------------------------------------------------------------------------

void ValueKeeper::report() {
    std::string problem = watch_problem_.empty() ? put_problem_ : watch_problem_;
    if (problem.empty() && !was_read_) {
        return;
    }
    if (problem != problem_) {
        problem_ = std::move(problem);
        handlers_.problem(problem_);
    }
}

}  // namespace ferrotunnel::etcd_store
