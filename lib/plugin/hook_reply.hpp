// The response to the visitor instead of the backend's: from the running hook, or because plugins have failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hooks/http_run.hpp"

namespace ferrotunnel::plugin {

class HookReply {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// Whether a plugin may respond, or reject a request, with these values. If false, FailureReason has the reason.
    static bool may_answer(std::uint32_t status, const Fields& fields, std::string_view body);
    static bool may_reject(std::uint32_t status, std::string_view code, const Fields& fields);

    /// Stores a valid response of a hook. It counts if the hook then decides to respond.
    void answer(std::string_view plugin, std::uint32_t status, Fields fields, std::string_view body);
    /// Like answer(), for one of the operator's pages.
    void reject(std::string_view plugin, std::uint32_t status, std::string_view code, Fields fields);
    /// Whether the hook that has just run made a reply; resets the flag.
    bool take_made() noexcept { return std::exchange(is_made_, false); }

    /// Stores a reply that does not come from a hook.
    void set(hooks::Reply reply) noexcept { reply_ = std::move(reply); }
    hooks::Reply take() noexcept { return std::exchange(reply_, {}); }

private:
    hooks::Reply reply_;
    bool is_made_ = false;
};

}  // namespace ferrotunnel::plugin
