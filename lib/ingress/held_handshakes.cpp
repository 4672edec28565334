#include "ingress/held_handshakes.hpp"

#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "ingress/limits.hpp"
#include "ingress/preface.hpp"

namespace ferrotunnel::ingress {

class HeldHandshakes::Visitor final : private runtime::Deadline {
public:
    Visitor(HeldHandshakes& all, std::uint64_t number, std::function<void()> resume_in)
        : resume(std::move(resume_in)), all_(all), number_(number) {}
    void set(TimePoint until) noexcept { all_.wheel_.set(*this, until); }

    std::function<void()> resume;

private:
    void on_deadline() noexcept override { all_.release(number_); }  // destroys this

    HeldHandshakes& all_;
    const std::uint64_t number_;
};

HeldHandshakes::HeldHandshakes(runtime::Worker& worker, runtime::DeadlineWheel& wheel, Logger& log)
    : worker_(worker), wheel_(wheel), log_(log), self_(std::make_shared<HeldHandshakes*>(this)) {}

HeldHandshakes::~HeldHandshakes() = default;

void HeldHandshakes::hold(std::function<void()> resume, const std::function<Duration(std::function<void()>)>& begin) {
    check_here(worker_);
    const std::uint64_t number = ++last_number_;
    Visitor& visitor = visitors_.try_emplace(number, *this, number, std::move(resume)).first->second;
    visitor.set(worker_.now() + limits::held_handshake_max);  // if `begin` throws
    const Duration time = begin([mailbox = worker_.mailbox(), self = std::weak_ptr(self_), number] {
        try {
            mailbox->post_call([self, number]() noexcept {
                if (const auto at = self.lock()) {
                    (*at)->release(number);
                }
            });
        } catch (const std::bad_alloc&) {
            // No memory for the mail: the deadline ends the wait.
        }
    });
    visitor.set(worker_.now() + time);
}

void HeldHandshakes::release(std::uint64_t number) noexcept {
    check_here(worker_);
    const auto place = visitors_.find(number);
    if (place == visitors_.end()) {
        return;
    }
    const std::function<void()> resume = std::move(place->second.resume);
    visitors_.erase(place);
    try {
        resume();
    } catch (const std::exception& problem) {
        log_not_accepted(log_, worker_.now(), {}, problem.what());
    }
}

void HeldHandshakes::clear() noexcept {
    visitors_.clear();
}

}  // namespace ferrotunnel::ingress
