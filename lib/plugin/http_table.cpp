// The functions of ft_http, called from C. No exception leaves them; without memory they do nothing.
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "plugin/failure_reason.hpp"
#include "plugin/field_log.hpp"
#include "plugin/hook_exchange.hpp"
#include "plugin/host.hpp"

namespace ferrotunnel::plugin {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

HookExchange& of(ft_exchange* exchange) {
    return *static_cast<HookExchange*>(exchange);
}

/// Calls `action`, which returns whether something was done.
template <typename Action>
std::int32_t guarded(Action action) noexcept {
    try {
        return action() ? 1 : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

Fields fields_of(const ft_text* names_values, std::size_t pairs) {
    Fields fields;
    for (std::size_t i = 0; i < pairs; ++i) {
        fields.emplace_back(view(names_values[2 * i]), view(names_values[2 * i + 1]));
    }
    return fields;
}

ft_text get(ft_exchange* exchange, std::uint32_t what) {
    return text_of(of(exchange).get(what));
}

std::int32_t field(ft_exchange* exchange, std::uint32_t side, ft_text name, std::size_t nth, ft_text* value) {
    return guarded([&] {
        const auto found = of(exchange).heads().field(side, view(name), nth);
        *value = text_of(found.value_or(std::string_view()));
        return found.has_value();
    });
}

std::int32_t field_at(ft_exchange* exchange, std::uint32_t side, std::size_t i, ft_text* name, ft_text* value) {
    return guarded([&] {
        const auto found = of(exchange).heads().field_at(side, i);
        if (found) {
            *name = text_of(found->name);
            *value = text_of(found->value);
        }
        return found.has_value();
    });
}

std::int32_t edit(ft_exchange* exchange, std::uint32_t side, std::uint32_t how, ft_text name, ft_text value) {
    return guarded([&] { return of(exchange).edit(side, how, view(name), view(value)); });
}

std::int32_t set_target(ft_exchange* exchange, ft_text path, ft_text query) {
    return guarded([&] { return of(exchange).set_target(view(path), view(query)); });
}

std::uint32_t status(ft_exchange* exchange) {
    return of(exchange).status();
}

std::uint32_t origin(ft_exchange* exchange) {
    return static_cast<std::uint32_t>(of(exchange).origin());
}

std::int32_t answer(ft_exchange* exchange, std::uint32_t status, const ft_text* names_values, std::size_t pairs,
                    ft_text body) {
    return guarded([&] { return of(exchange).answer(status, fields_of(names_values, pairs), view(body)); });
}

std::int32_t reject(ft_exchange* exchange, std::uint32_t status, ft_text code, const ft_text* names_values,
                    std::size_t pairs) {
    return guarded([&] { return of(exchange).reject(status, view(code), fields_of(names_values, pairs)); });
}

ft_text note(ft_exchange* exchange, ft_text name) {
    return text_of(of(exchange).note(view(name)));
}

std::int32_t set_note(ft_exchange* exchange, ft_text name, ft_text value) {
    return guarded([&] { return of(exchange).set_note(view(name), view(value)); });
}

void* state(ft_exchange* exchange) {
    return of(exchange).state();
}

void set_state(ft_exchange* exchange, void* state, void (*release)(void*)) {
    (void)guarded([&] {
        of(exchange).set_state(state, release);
        return true;
    });
}

ft_later later(ft_exchange* exchange, std::uint64_t timeout_ns) {
    const Ticket::Handle handle = of(exchange).later(timeout_ns);
    return {handle.ticket, handle.generation};
}

Ticket::Handle handle_of(ft_later later) noexcept {
    return {static_cast<Ticket*>(later.ticket), later.generation};
}

void resume(ft_later later, ft_decision (*then)(ft_exchange*, void*), void* user, void (*release)(void*)) {
    Ticket::decide(handle_of(later), {then, user, release});
}

void drop(ft_later later) {
    Ticket::decide(handle_of(later), {[](ft_exchange*, void*) -> ft_decision {
                                          FailureReason::set(decision_dropped);
                                          return FT_FAILED;
                                      },
                                      nullptr, nullptr});
}

std::int32_t may_write(ft_text name, ft_text value) {
    return FieldLog::may_write(view(name), view(value)) ? 1 : 0;
}

}  // namespace

const ft_http& http_table() noexcept {
    static const ft_http table{sizeof(ft_http), get,       field,  field_at, edit, set_target,
                               status,          origin,    answer, reject,   note, set_note,
                               state,           set_state, later,  resume,   drop, may_write};
    return table;
}

}  // namespace ferrotunnel::plugin
