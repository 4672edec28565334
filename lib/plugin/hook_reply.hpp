// What a visitor is answered instead of the backend's response: by the hook that runs, or because plugins have failed.
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

    /// Whether a plugin may answer, or reject a request, with this. False: FailureReason has why not.
    static bool may_answer(std::uint32_t status, const Fields& fields, std::string_view body);
    static bool may_reject(std::uint32_t status, std::string_view code, const Fields& fields);

    /// Keeps what a hook answers that may. It is good once the hook decides so.
    void answer(std::string_view plugin, std::uint32_t status, Fields fields, std::string_view body);
    /// The same for a page of the operator's.
    void reject(std::string_view plugin, std::uint32_t status, std::string_view code, Fields fields);
    /// Whether the hook that has run has made a reply, which is forgotten: its decision follows.
    bool take_made() noexcept { return std::exchange(is_made_, false); }

    /// Keeps a reply that no hook has made.
    void set(hooks::Reply reply) noexcept { reply_ = std::move(reply); }
    hooks::Reply take() noexcept { return std::exchange(reply_, {}); }

private:
    hooks::Reply reply_;
    bool is_made_ = false;
};

}  // namespace ferrotunnel::plugin
