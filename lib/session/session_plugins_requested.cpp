// Services whose clients request plugins: the wait until these are made.
#include <utility>

#include "session/session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

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

std::size_t SessionPlugins::asking_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [id, asked] : asked_) {
        bytes += wire::bytes_of(asked.description.plugins);
    }
    return bytes;
}

void SessionPlugins::make_asked(Asked& asked) {
    hooks::AskingService wanted;
    wanted.token = at_.facts.client.first;
    wanted.visitors =
        asked.description.kind == wire::ServiceKind::http ? hooks::AskedFor::requests : hooks::AskedFor::connections;
    for (const wire::PluginPart& plugin : asked.description.plugins) {
        wanted.plugins.push_back({plugin.type, plugin.settings});
    }
    using Made = Result<hooks::SharedAskedPlugins, hooks::AskedRefusal>;
    auto post = executor_.bind(
        [this](std::uint32_t id, std::uint64_t serial, const Made& result) { asked_made(id, serial, result); });
    auto made = [post = std::move(post), id = asked.description.id, serial = asked.serial](const Made& result) {
        attempt([&] { post(id, serial, result); });
    };
    hooks_->make_asked(std::move(wanted), std::move(made));
}

void SessionPlugins::asked_made(std::uint32_t id, std::uint64_t serial,
                                Result<hooks::SharedAskedPlugins, hooks::AskedRefusal> made) {
    const auto found = asked_.find(id);
    if (found == asked_.end() || found->second.serial != serial) {
        return;  // the client does not want the service any more
    }
    Asked asked = std::move(asked_.extract(found).mapped());
    if (!made) {
        table().leave(asked.key, at_.facts.key, at_.worker.now());
        needs_.refuse_service(asked.description, {code_of(made.error().why), made.error().text});
        return;
    }
    asked.amendments.asked = std::move(*made);
    accept(std::move(asked));
}

}  // namespace ferrotunnel::session
