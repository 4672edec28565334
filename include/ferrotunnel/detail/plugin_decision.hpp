// Implementation of Decision and Later: passes a plugin's decision to its host. plugin.hpp includes this.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugin {

inline ft_decision Decision::settle(ft_exchange* exchange) const {
    if (answer_ == nullptr) {
        return value_;
    }
    std::vector<ft_text> pairs;
    for (const Field& field : answer_->fields) {
        pairs.push_back(detail::text(field.name));
        pairs.push_back(detail::text(field.value));
    }
    const ft_text body = detail::text(answer_->body);
    const std::size_t count = answer_->fields.size();
    const ft_http& http = *detail::api.http;
    const bool taken = is_page_ ? http.reject(exchange, answer_->status, body, pairs.data(), count) != 0
                                : http.answer(exchange, answer_->status, pairs.data(), count, body) != 0;
    return taken ? FT_ANSWERED : FT_FAILED;
}

inline ft_decision Decision::settle(ft_subject* subject) const {
    if (answer_ == nullptr) {
        return value_;
    }
    if (!is_page_) {
        (void)detail::explain("it used Decision::respond(), which is for requests only; use refuse()");
    }
    const ft_text words = detail::text(words_.empty() ? answer_->body : words_);
    return is_page_ && detail::api.session->refuse(subject, words) != 0 ? FT_ANSWERED : FT_FAILED;
}

template <typename Function>
ft_decision Later::run(ft_exchange* raw, void* user) noexcept {
    return detail::guarded("what it gave to Later::resume()", [&] {
        Exchange exchange(raw);
        return (*static_cast<Function*>(user))(exchange).settle(raw);
    });
}

inline void Later::decide(Decision decision) && {
    if (decision.answer_ == nullptr && decision.value_ == FT_GO_ON) {
        detail::api.http->resume(std::exchange(handle_, {}), nullptr, nullptr, nullptr);
        return;
    }
    auto shared = std::make_shared<Decision>(std::move(decision));
    std::move(*this).resume([shared](Exchange&) { return std::move(*shared); });
}

}  // namespace ferrotunnel::plugin
