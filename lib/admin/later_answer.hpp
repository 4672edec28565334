// Answer of the control API that another thread gives. The control thread serves other callers meanwhile.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "admin/answer.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::admin {

/// Thread-safe.
class LaterAnswer {
public:
    /// The first answer counts.
    void give(Answer answer) {
        const MutexLock lock(mutex_);
        if (!answer_) {
            answer_ = std::move(answer);
        }
    }
    /// Empty if there is none yet.
    std::optional<Answer> answer() const {
        const MutexLock lock(mutex_);
        return answer_;
    }

private:
    mutable Mutex mutex_;
    std::optional<Answer> answer_ GUARDED_BY(mutex_);
};

/// Waits for the answer, at most until `until`; then it is 504 `no_answer` with this text.
inline Answer wait_for(std::shared_ptr<const LaterAnswer> later, TimePoint until, std::string too_late) {
    Answer waits;
    waits.later = [later = std::move(later), until, too_late = std::move(too_late)](TimePoint now) {
        std::optional<Answer> answer = later->answer();
        return answer || now < until ? std::move(answer) : refusal(504, "no_answer", too_late);
    };
    return waits;
}

}  // namespace ferrotunnel::admin
