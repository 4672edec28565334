// The functions of ft_body_api, called from C. No exception leaves them.
#include <cstddef>
#include <cstdint>
#include <exception>

#include "plugin/hook_exchange.hpp"
#include "plugin/host.hpp"

namespace ferrotunnel::plugin {
namespace {

using Release = void (*)(void*);

/// Calls `action`, which returns whether it owns `user`; otherwise `user` is released here.
template <typename Action>
std::int32_t taken_or_released(void* user, Release release, Action action) noexcept {
    bool is_taken = false;
    try {
        is_taken = action();
    } catch (const std::exception&) {  // no memory
    }
    if (!is_taken && release != nullptr) {
        release(user);
    }
    return is_taken ? 1 : 0;
}

std::int32_t observe(ft_exchange* exchange, std::uint32_t side, std::int32_t (*look)(void*, ft_text, std::int32_t),
                     void* user, Release release) {
    return taken_or_released(user, release, [&] {
        return look != nullptr && static_cast<HookExchange*>(exchange)->bodies().observe(side, look, user, release);
    });
}

std::int32_t transform(ft_exchange* exchange, std::uint32_t side, const ft_body_filter* theirs, void* user) {
    const ft_body_filter filter = known_part(*theirs);
    bool is_unused = false;  // an observing instance's
    const std::int32_t is_taken = taken_or_released(user, filter.release, [&] {
        return filter.chunk != nullptr &&
               static_cast<HookExchange*>(exchange)->bodies().transform(side, filter, user, is_unused);
    });
    return is_unused ? 1 : is_taken;
}

std::int32_t collect(ft_exchange* exchange, std::size_t max, ft_decision (*then)(ft_exchange*, void*, ft_text),
                     void* user, Release release) {
    return taken_or_released(user, release, [&] {
        return then != nullptr &&
               static_cast<HookExchange*>(exchange)->collection().collect({then, user, release, max});
    });
}

std::int32_t write(ft_sink* sink, const void* bytes, std::size_t size) {
    auto& out = *static_cast<SinkBuffer*>(sink);
    try {
        return out.write({static_cast<const char*>(bytes), size}) ? 1 : 0;
    } catch (const std::exception&) {
        out.fail();
        return 0;
    }
}

std::size_t room(ft_sink* sink) {
    return static_cast<SinkBuffer*>(sink)->room();
}

void more(ft_sink* sink) {
    static_cast<SinkBuffer*>(sink)->more();
}

}  // namespace

const ft_body_api& body_table() noexcept {
    static const ft_body_api table{sizeof(ft_body_api), observe, transform, collect, write, room, more};
    return table;
}

}  // namespace ferrotunnel::plugin
