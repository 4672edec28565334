// A copy of a body for an observing instance that would have collected it: it grows while the body passes, and the
// instance's decision on it is only counted and logged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/body_collection.hpp"
#include "plugin/collected_body.hpp"

namespace ferrotunnel::plugin {

/// A stage of a BodyFilterChain that observes: shows() and release() are its functions, this object is their `user`.
class ObservedBody {
public:
    /// The run of the exchange.
    class Judge {
    public:
        /// The body is complete; `callback` has not been called for it yet. Negative: the instance has failed.
        virtual ft_decision on_observed(std::size_t instance, const CollectCallback& callback,
                                        std::string_view body) noexcept = 0;
        virtual void on_observed_too_large(std::size_t instance) noexcept = 0;

    protected:
        ~Judge() = default;
    };

    /// Moves the callback out of `collection`, and releases it at the end. `judge` and `budget` must outlive this
    /// object.
    ObservedBody(Judge& judge, CollectBudget& budget, std::size_t instance, BodyCollection& collection) noexcept
        : judge_(judge), instance_(instance), callback_(collection.take_callback()), body_(budget) {}
    ~ObservedBody() { callback_.release_user(); }
    ObservedBody(const ObservedBody&) = delete;
    ObservedBody& operator=(const ObservedBody&) = delete;

    static std::int32_t shows(void* user, ft_text piece, std::int32_t last) {
        return static_cast<ObservedBody*>(user)->add({piece.data, piece.size}, last != 0);
    }
    static void release(void* user) { delete static_cast<ObservedBody*>(user); }

    /// Adds the next piece. Negative: this body cannot be judged.
    std::int32_t add(std::string_view piece, bool last) {
        if (is_decided_) {
            return FT_GO_ON;
        }
        switch (body_.add(piece, callback_.max)) {
            case hooks::Collected::kept:
                break;
            case hooks::Collected::too_large:
                is_decided_ = true;
                body_.clear();
                judge_.on_observed_too_large(instance_);
                return FT_GO_ON;
            case hooks::Collected::no_room:
                return FT_FAILED;
        }
        if (!last) {
            return FT_GO_ON;
        }
        is_decided_ = true;
        return judge_.on_observed(instance_, callback_, body_.bytes()) < 0 ? FT_FAILED : FT_GO_ON;
    }

private:
    Judge& judge_;
    const std::size_t instance_;
    const CollectCallback callback_;
    CollectedBody body_;
    bool is_decided_ = false;
};

}  // namespace ferrotunnel::plugin
