#include "plugin/client_plugins.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "plugin/control_call.hpp"
#include "plugin/loader.hpp"
#include "plugin/prepared.hpp"
#include "plugin/shipped.hpp"

namespace ferrotunnel::plugin {

using hooks::PluginTarget;
using hooks::RequestedPlugin;
using hooks::SharedRequestedPlugins;
using Why = hooks::PluginRequestRefusal::Why;

namespace {

hooks::PluginRequestRefusal busy() {
    return {Why::busy, "The server cannot create the plugins that the service requests at the moment."};
}

std::string allowed_text(const std::vector<ClientType>& types) {
    std::string names;
    for (const ClientType& type : types) {
        names += (names.empty() ? "" : ", ") + type.name;
    }
    return types.empty() ? "clients may request none" : "clients may request " + names;
}

// The first finding about the settings, for the client's user.
hooks::PluginRequestRefusal wrong(const std::string& type, const std::vector<config::Finding>& findings) {
    const config::Finding& first = findings.front();
    return {Why::wrong, "The plugin " + type + ": " + first.path + (first.path.empty() ? "" : " ") + first.text};
}

// Settings from a client, checked by the type.
Result<Prepared, hooks::PluginRequestRefusal> prepare_asked(ft_entry library, const Type& type,
                                                            const std::string& text) {
    Result<config::CheckedValue, std::vector<config::Finding>> settings =
        type.schema->parse_for_client(text.empty() ? "{}" : text);
    if (!settings) {
        return wrong(type.name, settings.error());
    }
    Result<Prepared, std::vector<config::Finding>> prepared = prepare(library, type.name, std::move(*settings));
    return prepared ? Result<Prepared, hooks::PluginRequestRefusal>(std::move(*prepared))
                    : wrong(type.name, prepared.error());
}

bool can_look_at(const Type& type, PluginTarget visitors) noexcept {
    return visitors == PluginTarget::requests ? type.calls.on_request != nullptr || type.calls.on_response != nullptr
                                              : type.calls.on_connect != nullptr;
}

}  // namespace

std::string fault_of_requested(const std::string& name, const std::string& settings) {
    const ShippedFile file = shipped_file(name);
    const Result<Loaded, std::string> loaded =
        file.fault.empty() ? load(file.path) : Result<Loaded, std::string>(file.fault);
    const Result<std::vector<Type>, std::string> types =
        loaded ? read_library(loaded->entry) : Result<std::vector<Type>, std::string>(loaded.error());
    const auto type = types ? std::ranges::find(*types, name, &Type::name) : std::vector<Type>::const_iterator();
    if (!types || type == types->end() || !type->schema || !type->schema->is_for_clients()) {
        return {};
    }
    const Result<Prepared, hooks::PluginRequestRefusal> prepared = prepare_asked(loaded->entry, *type, settings);
    return prepared ? std::string() : prepared.error().text;
}

ClientPlugins::ClientPlugins(Logger& log, Bounds bounds)
    : log_(log),
      bounds_(bounds),
      registry_(std::make_shared<RequestedPluginRegistry>(bounds.instances)),
      instances_(log) {}

void ClientPlugins::open(std::vector<ClientType> types) {
    const MutexLock lock(mutex_);
    types_ = std::move(types);
    is_open_ = true;
}

void ClientPlugins::set_types(std::vector<ClientType> types) {
    const MutexLock lock(mutex_);
    types_.swap(types);
}

void ClientPlugins::close() {
    std::deque<Job> dropped;
    {
        const MutexLock lock(mutex_);
        is_open_ = false;
        dropped.swap(queue_);
        changed_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
    registry_->end();
    instances_.destroy_retired();
}

bool ClientPlugins::take(hooks::PluginRequest& wanted, hooks::PluginRequestCallback& made) {
    const MutexLock lock(mutex_);
    const auto of_token =
        std::ranges::count_if(queue_, [&](const Job& job) { return job.wanted.token == wanted.token; });
    const bool has_share = static_cast<std::size_t>(of_token) < std::max<std::size_t>(bounds_.queue / 2, 1);
    if (!is_open_ || queue_.size() >= bounds_.queue || !has_share) {
        return false;
    }
    if (!thread_.joinable()) {
        try {
            thread_ = std::thread([this] { run(); });
        } catch (const std::system_error&) {
            return false;
        }
    }
    queue_.push_back({std::move(wanted), std::move(made)});
    changed_.notify_all();
    return true;
}

void ClientPlugins::run() {
    ReleasableLock lock(mutex_);
    while (is_open_) {
        if (queue_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const Job job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        std::optional<Result<SharedRequestedPlugins, Refusal>> result;
        try {
            result.emplace(made_of(job.wanted));
        } catch (const std::exception&) {  // no memory, or no thread
            result.emplace(busy());
        }
        job.made(std::move(*result));
        lock.lock();
    }
}

// --- on the thread ---

Result<SharedRequestedPlugins, hooks::PluginRequestRefusal> ClientPlugins::made_of(const hooks::PluginRequest& wanted) {
    instances_.start_reaper();
    instances_.destroy_retired();  // unused instances do not count
    const std::size_t count = wanted.plugins.size();
    if (count > limits::plugin_places_of_clients) {
        return Refusal{Why::wrong,
                       "A service may request up to " + std::to_string(limits::plugin_places_of_clients) + " plugins."};
    }
    std::vector<std::shared_ptr<Instance>> instances;
    std::string names;
    for (const RequestedPlugin& each : wanted.plugins) {
        // If a type is not allowed, it does not matter whether there is room.
        Result<const LoadedType*, Refusal> known = find(each.type);
        if (!known) {
            return known.error();
        }
    }
    if (!registry_->has_room(wanted.token, count) || instances_.living() + count > bounds_.instances.in_all) {
        return Refusal{Why::busy, "The clients of this token, or all clients, have reached their limit of plugins."};
    }
    for (const RequestedPlugin& each : wanted.plugins) {
        auto made = make_one(each, wanted.visitors);
        if (!made) {
            return made.error();
        }
        instances.push_back(std::move(*made));
        names += (names.empty() ? "" : ", ") + each.type;
    }
    for (const auto& instance : instances) {
        instances_.start(*instance);
    }
    return SharedRequestedPlugins(registry_->add(wanted.token, std::move(instances), std::move(names)));
}

// Finds a type that clients may request, and loads it if it is not loaded yet.
Result<const ClientPlugins::LoadedType*, hooks::PluginRequestRefusal> ClientPlugins::find(const std::string& name) {
    const std::vector<ClientType> types_now = [this] {
        const MutexLock lock(mutex_);
        return types_;
    }();
    const auto allowed = std::ranges::find(types_now, name, &ClientType::name);
    if (allowed == types_now.end()) {
        return Refusal{Why::not_allowed, "The server does not allow clients to request the plugin " +
                                             printable(name, 64) + ": " + allowed_text(types_now) + "."};
    }
    if (const auto known = loaded_types_.find(name); known != loaded_types_.end() && known->second.as == *allowed) {
        return &known->second;
    }
    const Refusal missing{Why::not_allowed, "The plugin " + name + " is not installed on the server."};
    ft_entry library = allowed->library;
    if (library == nullptr) {
        const ShippedFile file = shipped_file(name);
        const Result<Loaded, std::string> loaded =
            file.fault.empty() ? load(file.path) : Result<Loaded, std::string>(file.fault);
        if (!loaded) {
            log_.warn("a plugin that a client requested cannot be used", {{"plugin", name}, {"why", loaded.error()}});
            return missing;
        }
        library = loaded->entry;
    }
    const Result<std::vector<Type>, std::string> types = read_library(library);
    const auto type = types ? std::ranges::find(*types, name, &Type::name) : std::vector<Type>::const_iterator();
    if (!types || type == types->end()) {
        log_.warn("a plugin that a client requested cannot be used",
                  {{"plugin", name}, {"why", types ? "its file has no such type" : types.error()}});
        return missing;
    }
    if (!type->schema || !type->schema->is_for_clients()) {
        return Refusal{Why::not_allowed, "The plugin " + name + " has no settings that clients may set."};
    }
    return &loaded_types_.insert_or_assign(name, LoadedType{*allowed, library, *type}).first->second;
}

Result<std::shared_ptr<Instance>, hooks::PluginRequestRefusal> ClientPlugins::make_one(const RequestedPlugin& wanted,
                                                                                       PluginTarget visitors) {
    Result<const LoadedType*, Refusal> known = find(wanted.type);
    if (!known) {
        return known.error();
    }
    const auto& [as, library, type] = **known;
    if (!can_look_at(type, visitors)) {
        return Refusal{Why::wrong, "The plugin " + type.name +
                                       (visitors == PluginTarget::requests
                                            ? " is not for HTTP services."
                                            : " is only for HTTP services: others have no requests.")};
    }
    Result<Prepared, Refusal> prepared = prepare_asked(library, type, wanted.settings);
    if (!prepared) {
        return prepared.error();
    }
    InstanceOptions options;
    options.id = "client:" + type.name;
    options.closed = true;  // its client has requested it, so no visitor may bypass it
    auto made = instances_.make(*prepared, std::move(options));
    if (!made) {
        log_.warn("a plugin that a client requested cannot be created", {{"plugin", type.name}, {"why", made.error()}});
        return busy();
    }
    if (!(*made)->identity().empty()) {
        return Refusal{Why::wrong,
                       "The plugin " + type.name + " identifies visitors to backends, which only the operator may do."};
    }
    return std::move(*made);
}

}  // namespace ferrotunnel::plugin
