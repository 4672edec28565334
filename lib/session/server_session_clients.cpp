// Services whose clients ask for plugins: what is refused at once, and the wait until the plugins are made.
#include <utility>

#include "base/text.hpp"
#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr std::size_t shown_max = 64;

Code code_of(hooks::AskedRefusal::Why why) {
    switch (why) {
        case hooks::AskedRefusal::Why::not_allowed:
            return Code::forbidden;
        case hooks::AskedRefusal::Why::wrong:
            return Code::protocol;
        case hooks::AskedRefusal::Why::busy:
            break;
    }
    return Code::busy;
}

}  // namespace

// Refuses what no server could do. A service is never served without what it asks for.
std::optional<directory::Refusal> ServerSession::refuse_asked(const wire::Service& description) const {
    if (description.plugins.empty()) {
        return std::nullopt;
    }
    if (!plugins_) {
        return directory::Refusal{Code::forbidden, "This server lets clients ask for no plugins."};
    }
    if (description.kind == wire::ServiceKind::private_tcp) {
        return directory::Refusal{Code::unsupported, "A private service has no plugins."};
    }
    for (const wire::PluginPart& plugin : description.plugins) {
        if (!plugin.unknown.empty()) {
            return directory::Refusal{Code::unsupported, "This server does not know `" +
                                                             printable(plugin.unknown, shown_max) +
                                                             "`, which the service says of the plugin " +
                                                             printable(plugin.type, shown_max) + "."};
        }
    }
    if (asked_bytes() + wire::bytes_of(description.plugins) > limits::http_rules_bytes_per_session_max) {
        return directory::Refusal{Code::limit, "The rules and plugins of this client's services take more than " +
                                                   std::to_string(limits::http_rules_bytes_per_session_max) +
                                                   " bytes in all."};
    }
    return std::nullopt;
}

// What the rules and plugins of the client's services take.
std::size_t ServerSession::asked_bytes() const {
    std::size_t bytes = plugins_ ? plugins_->asking_bytes() : 0;
    for (const auto& [id, service] : services_) {
        bytes += service.description.http.rules.bytes() + wire::bytes_of(service.description.plugins);
    }
    return bytes;
}

std::size_t ServerSession::Plugins::asking_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [id, asked] : asked_) {
        bytes += wire::bytes_of(asked.description.plugins);
    }
    return bytes;
}

void ServerSession::Plugins::make_asked(Asked& asked) {
    hooks::AskingService wanted;
    wanted.token = session_.client_.first;
    wanted.visitors =
        asked.description.kind == wire::ServiceKind::http ? hooks::AskedFor::requests : hooks::AskedFor::connections;
    for (const wire::PluginPart& plugin : asked.description.plugins) {
        wanted.plugins.push_back({plugin.type, plugin.settings});
    }
    auto made = [self = session_.shared_from_this(), id = asked.description.id,
                 serial = asked.serial](Result<hooks::SharedAskedPlugins, hooks::AskedRefusal> result) {
        attempt([&] {
            self->mailbox_->post_call([self, id, serial, result = std::move(result)]() mutable {
                if (self->plugins_) {
                    self->guarded([&] { self->plugins_->asked_made(id, serial, std::move(result)); });
                }
            });
        });
    };
    hooks_->make_asked(std::move(wanted), std::move(made));
}

void ServerSession::Plugins::asked_made(std::uint32_t id, std::uint64_t serial,
                                        Result<hooks::SharedAskedPlugins, hooks::AskedRefusal> made) {
    const auto found = asked_.find(id);
    if (found == asked_.end() || found->second.serial != serial) {
        return;  // the client does not want the service any more
    }
    Asked asked = std::move(asked_.extract(found).mapped());
    if (!made) {
        table().leave(asked.key, session_.key_, session_.worker_.now());
        session_.tell_refusal(asked.description, {code_of(made.error().why), made.error().text});
        return;
    }
    asked.amendments.asked = std::move(*made);
    accept(std::move(asked));
}

}  // namespace ferrotunnel::session
