#include "etcd/requests.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "etcd/base64.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

// Builds one JSON object from members whose values need no escapes.
class ObjectWriter {
public:
    ObjectWriter& bytes(std::string_view name, std::string_view value) {
        start(name);
        text_ += '"';
        append_base64(text_, value);
        text_ += '"';
        return *this;
    }
    ObjectWriter& number(std::string_view name, std::int64_t value) {
        start(name);
        text_ += '"';
        text_ += std::to_string(value);
        text_ += '"';
        return *this;
    }
    ObjectWriter& json(std::string_view name, std::string_view value) {
        start(name);
        text_ += value;
        return *this;
    }
    ObjectWriter& flag(std::string_view name, bool value) { return value ? json(name, "true") : *this; }
    ObjectWriter& range(const KeyRange& keys) {
        bytes("key", keys.key);
        return keys.end.empty() ? *this : bytes("range_end", keys.end);
    }
    std::string end() { return std::move(text_) + "}"; }

private:
    void start(std::string_view name) {
        text_ += text_.size() > 1 ? ",\"" : "\"";
        text_ += name;
        text_ += "\":";
    }

    std::string text_ = "{";
};

std::string body_of(const Read& read) {
    ObjectWriter object;
    object.range(read.keys);
    object.number("limit", read.limit > 0 ? read.limit : static_cast<std::int64_t>(limits::keys_max));
    if (read.revision > 0) {
        object.number("revision", read.revision);
    }
    return object.flag("serializable", read.is_local).flag("keys_only", !read.has_values).end();
}

std::string body_of(const Put& put) {
    ObjectWriter object;
    object.bytes("key", put.key).bytes("value", put.value);
    if (put.lease != 0) {
        object.number("lease", put.lease);
    }
    return object.end();
}

std::string body_of(const Delete& deletion) {
    return ObjectWriter().range(deletion.keys).end();
}

std::string body_of(const Compare& compare) {
    ObjectWriter object;
    object.range(compare.keys);
    switch (compare.result) {
        case Compare::Result::equal:
            object.json("result", R"("EQUAL")");
            break;
        case Compare::Result::greater:
            object.json("result", R"("GREATER")");
            break;
        case Compare::Result::less:
            object.json("result", R"("LESS")");
            break;
        case Compare::Result::not_equal:
            object.json("result", R"("NOT_EQUAL")");
            break;
    }
    switch (compare.target) {
        case Compare::Target::version:
            return object.json("target", R"("VERSION")").number("version", compare.number).end();
        case Compare::Target::created:
            return object.json("target", R"("CREATE")").number("create_revision", compare.number).end();
        case Compare::Target::modified:
            return object.json("target", R"("MOD")").number("mod_revision", compare.number).end();
        case Compare::Target::lease:
            return object.json("target", R"("LEASE")").number("lease", compare.number).end();
        case Compare::Target::value:
            break;
    }
    return object.json("target", R"("VALUE")").bytes("value", compare.value).end();
}

std::string body_of(const Operation& operation) {
    constexpr const char* names[] = {"request_range", "request_put", "request_delete_range"};
    const std::string body = std::visit([](const auto& one) { return body_of(one); }, operation);
    return ObjectWriter().json(names[operation.index()], body).end();
}

template <typename Item>
std::string list_of(const std::vector<Item>& items) {
    std::string list = "[";
    for (const Item& item : items) {
        list += list.size() > 1 ? "," : "";
        list += body_of(item);
    }
    return list + "]";
}

}  // namespace

Post post_of(const Read& read) {
    return {"/v3/kv/range", body_of(read)};
}

Post post_of(const Put& put) {
    return {"/v3/kv/put", body_of(put)};
}

Post post_of(const Delete& deletion) {
    return {"/v3/kv/deleterange", body_of(deletion)};
}

Post post_of(const Transaction& transaction) {
    ObjectWriter object;
    object.json("compare", list_of(transaction.conditions)).json("success", list_of(transaction.then));
    return {"/v3/kv/txn", object.json("failure", list_of(transaction.otherwise)).end()};
}

Post post_of_grant(LeaseId lease, std::chrono::seconds time) {
    return {"/v3/lease/grant", ObjectWriter().number("ID", lease).number("TTL", time.count()).end()};
}

Post post_of_renewal(LeaseId lease) {
    return {"/v3/lease/keepalive", ObjectWriter().number("ID", lease).end()};
}

Post post_of_revocation(LeaseId lease) {
    return {"/v3/lease/revoke", ObjectWriter().number("ID", lease).end()};
}

Post post_of_login(const std::string& user, const std::string& password) {
    const auto quoted = [](const std::string& text) {
        return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    return {"/v3/auth/authenticate",
            ObjectWriter().json("name", quoted(user)).json("password", quoted(password)).end()};
}

Post post_of(const WatchStart& start) {
    const std::string request = ObjectWriter()
                                    .range(start.keys)
                                    .number("start_revision", start.from)
                                    .flag("progress_notify", true)
                                    .flag("fragment", true)
                                    .end();
    return {"/v3/watch", ObjectWriter().json("create_request", request).end()};
}

}  // namespace ferrotunnel::etcd
