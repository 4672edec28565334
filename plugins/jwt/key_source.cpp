#include "jwt/key_source.hpp"

#include <atomic>
#include <exception>
#include <stdexcept>
#include <utility>

#include "common/scope_exit.hpp"
#include "jwt/token.hpp"

namespace ferrotunnel::plugins {

std::vector<Key> fitting_keys(const KeySet& set, const Token& token, bool& is_name_known) {
    constexpr std::size_t tried_max = 8;
    std::vector<Key> found;
    is_name_known = false;
    for (const Key& key : set.keys) {
        is_name_known = is_name_known || (!token.kid.empty() && key.kid() == token.kid);
        const bool fits = token.kid.empty() || key.kid().empty() || key.kid() == token.kid;
        if (fits && token.algorithm == key.algorithm().name && found.size() < tried_max) {
            found.push_back(key);
        }
    }
    return found;
}

KeySource::KeySource(Options options, LogFunction tell) : options_(std::move(options)), log_(std::move(tell)) {
    if (!options_.file.empty()) {
        file_.emplace(options_.file, file_max);
        of_file_ = read_key_set(file_->changed().value_or(std::string()), true);
    }
    const std::lock_guard lock(mutex_);
    replace(of_url_, {});
}

std::shared_ptr<const KeySet> KeySource::keys() const {
    const std::lock_guard lock(mutex_);
    return set_;
}

bool KeySource::is_complete() const {
    const std::lock_guard lock(mutex_);
    return options_.url.empty() || has_fetched_;
}

// With the lock held.
void KeySource::replace(std::vector<Key>& part, std::vector<Key> keys) {
    static std::atomic<std::uint64_t> number{0};
    part = std::move(keys);
    auto made = std::make_shared<KeySet>();
    for (const std::vector<Key>* const some :
         std::initializer_list<const std::vector<Key>*>{&options_.own, &of_file_, &of_url_}) {
        made->keys.insert(made->keys.end(), some->begin(), some->end());
    }
    made->number = ++number;
    set_ = std::move(made);
}

void KeySource::tick(Time now) {
    if (file_) {
        try {
            if (const auto text = file_->changed()) {
                auto keys = read_key_set(*text, true);
                const std::lock_guard lock(mutex_);
                replace(of_file_, std::move(keys));
            }
        } catch (const std::exception& problem) {
            log_("jwks_file " + options_.file + " " + problem.what() + "; the earlier keys stay in use");
        }
    }
    const std::lock_guard lock(mutex_);
    if (!options_.url.empty() && !fetches_ && now >= next_fetch_) {
        fetch(now);
    }
}

KeySource::Wait KeySource::wait_for_unknown(Share share, WaitCallback then, Time now) {
    std::optional<WaitCallback> displaced;
    const ScopeExit tell_displaced([&displaced] {
        if (displaced) {
            (*displaced)(WaitResult::displaced);
        }
    });
    const std::lock_guard lock(mutex_);
    if (options_.url.empty() || !begin_fetch_for_unknown(now)) {
        return Wait::none;
    }
    if (waiters_.size() >= waiters_max) {
        displaced = waiters_.make_room(share);
        if (!displaced) {
            return Wait::busy;
        }
    }
    waiters_.push(share, std::move(then));
    return Wait::begun;
}

// With the lock held. False if there is no fetch to wait for.
bool KeySource::begin_fetch_for_unknown(Time now) {
    if (!fetches_) {
        // Before the first keys, no key counts as unknown.
        if (now < (has_fetched_ ? next_unknown_ : next_fetch_)) {
            return false;
        }
        if (has_fetched_) {
            next_unknown_ = now + unknown_pause;
        }
        fetch(now);
    }
    return fetches_;
}

// With the lock held.
void KeySource::fetch(Time now) {
    HttpRequest question;
    question.url = options_.url;
    question.fields = {{"Accept", "application/json"}};
    question.body_max = file_max;
    question.ca_file = options_.ca_file;
    next_fetch_ = now + failure_pause;
    fetches_ = client_.ask({}, std::move(question), [this](const HttpResponse& answer) { fetched(answer); });
}

void KeySource::fetched(const HttpResponse& answer) {
    std::string problem = answer.error;
    std::vector<Key> keys;
    if (problem.empty() && (answer.status != 200 || answer.is_too_long)) {
        problem = answer.is_too_long ? "more than 1 MiB" : "status " + std::to_string(answer.status);
    }
    try {
        if (problem.empty()) {
            keys = read_key_set(answer.body, false);
        }
    } catch (const std::exception& wrong) {
        problem = wrong.what();
    }
    FairQueue<WaitCallback> waiters;
    {
        const std::lock_guard lock(mutex_);
        fetches_ = false;
        std::swap(waiters, waiters_);
        if (problem.empty()) {
            has_fetched_ = true;
            next_fetch_ = std::chrono::steady_clock::now() +
                          std::chrono::duration_cast<std::chrono::steady_clock::duration>(options_.refresh);
            replace(of_url_, std::move(keys));
        }
    }
    if (!problem.empty()) {
        log_("jwks_url " + options_.url + " returned no keys: " + problem + "; the known keys stay in use");
    }
    while (!waiters.empty()) {
        waiters.pop()(WaitResult::fetched);
    }
}

}  // namespace ferrotunnel::plugins
