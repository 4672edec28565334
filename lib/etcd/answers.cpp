#include "etcd/answers.hpp"

#include <algorithm>
#include <utility>

#include "etcd/json.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

using nlohmann::json;

constexpr std::int64_t lease_seconds_max = 9'000'000'000;  // etcd's own bound

// The object of an answer with its header; a stream's first message is within `result`.
struct Opened {
    json object;
    Header header;
};

Result<Opened, Fault> open(std::string_view body, bool is_streamed = false) {
    auto object = read_json_object(body);
    if (!object) {
        return malformed("not a JSON object, or too large");
    }
    if (is_streamed) {
        if (const json& error = member_in(*object, "error"); error.is_object()) {
            const std::int64_t code = number_in(error, "grpc_code").value_or(0);
            return fault_of(code != 0 ? code : number_in(error, "code").value_or(2),
                            text_in(error, "message").value_or(""));
        }
        json result = std::move((*object)["result"]);
        *object = std::move(result);
    }
    const auto header = header_in(*object);
    if (!header || header->cluster == 0 || header->revision <= 0) {
        return malformed("it has no valid header");
    }
    return Opened{std::move(*object), *header};
}

// No key of ours is so long. Another program's must not make answers malformed: then all endpoints would be avoided.
bool has_foreign_key(const json& item) {
    constexpr std::size_t encoded_max = (limits::key_max + 2) / 3 * 4;
    const json& key = member_in(item, "key");
    if (!key.is_string() || key.get_ref<const std::string&>().size() < encoded_max) {
        return false;
    }
    const auto bytes = bytes_in(item, "key");
    return bytes && bytes->size() > limits::key_max;
}

Result<ReadAnswer, Fault> read_of(const json& object, const Header& header, const Read& request) {
    ReadAnswer answer{header};
    const json& list = member_in(object, "kvs");
    const auto has_more = flag_in(object, "more");
    const auto most = request.limit > 0 ? static_cast<std::size_t>(request.limit) : limits::keys_max;
    if (!has_more || (!list.is_null() && !list.is_array()) || list.size() > most) {
        return malformed("the keys of a read are not valid");
    }
    answer.has_more = *has_more;
    answer.pairs.reserve(list.size());
    std::size_t foreign = 0;
    for (const json& item : list) {
        if (has_foreign_key(item)) {
            ++foreign;
            continue;
        }
        auto pair = key_value_of(item);
        if (!pair || pair->modified == 0) {
            return malformed("a key is not valid");
        }
        if (!request.keys.contains(pair->key) || (!answer.pairs.empty() && answer.pairs.back().key >= pair->key)) {
            return malformed("a key was not requested");
        }
        if (pair->modified > header.revision) {
            return malformed("a key is of the future");
        }
        answer.pairs.push_back(std::move(*pair));
    }
    if (answer.has_more && answer.pairs.empty() && foreign > 0) {
        answer.has_more = false;  // there is no key behind which to continue
    }
    if (answer.has_more && answer.pairs.empty()) {
        return malformed("a read without keys has more of them");
    }
    return answer;
}

Result<DeleteAnswer, Fault> deletion_of(const json& object, const Header& header) {
    const auto deleted = number_in(object, "deleted");
    if (!deleted || *deleted < 0) {
        return malformed("the number of deleted keys is not valid");
    }
    return DeleteAnswer{header, *deleted};
}

// The answer to one operation of a transaction.
struct AnswerReader {
    const json& item;
    Header header;

    const json* body(const char* name) {
        const json& found = member_in(item, name);
        const auto inner = found.is_object() ? header_in(found) : std::nullopt;
        if (!inner) {
            return nullptr;
        }
        header.revision = std::max(header.revision, inner->revision);
        return &found;
    }
    template <typename Answer>
    static Result<OperationAnswer, Fault> widened(Result<Answer, Fault> answer) {
        if (!answer) {
            return answer.error();
        }
        return OperationAnswer(std::move(*answer));
    }
    static Result<OperationAnswer, Fault> wrong() { return malformed("an operation has the answer of another one"); }

    Result<OperationAnswer, Fault> operator()(const Read& request) {
        const json* const found = body("response_range");
        return found != nullptr ? widened(read_of(*found, header, request)) : wrong();
    }
    Result<OperationAnswer, Fault> operator()(const Put&) {
        return body("response_put") != nullptr ? OperationAnswer(PutAnswer{header})
                                               : Result<OperationAnswer, Fault>(wrong().error());
    }
    Result<OperationAnswer, Fault> operator()(const Delete&) {
        const json* const found = body("response_delete_range");
        return found != nullptr ? widened(deletion_of(*found, header)) : wrong();
    }
};

Result<LeaseAnswer, Fault> lease_of(const Opened& opened, LeaseId lease, bool may_have_ended) {
    const auto id = number_in(opened.object, "ID");
    const auto time = number_in(opened.object, "TTL");
    const std::int64_t least = may_have_ended ? 0 : 1;
    if (!id || *id != lease || !time || *time < least || *time > lease_seconds_max) {
        return malformed("the lease is not the requested one");
    }
    return LeaseAnswer{opened.header, std::chrono::seconds(*time)};
}

bool is_token(std::string_view token) noexcept {
    return !token.empty() && token.size() <= limits::token_max &&
           std::all_of(token.begin(), token.end(), [](char each) { return each > ' ' && each < 0x7f; });
}

}  // namespace

std::optional<Header> header_in(const json& object) {
    const json& header = member_in(object, "header");
    const auto cluster = unsigned_in(header, "cluster_id");
    const auto member = unsigned_in(header, "member_id");
    const auto revision = number_in(header, "revision");
    if (!header.is_object() || !cluster || !member || !revision || *revision < 0) {
        return {};
    }
    return Header{*cluster, *member, *revision};
}

std::optional<KeyValue> key_value_of(const json& object) {
    if (!object.is_object()) {
        return {};
    }
    auto key = bytes_in(object, "key");
    auto value = bytes_in(object, "value");
    const auto created = number_in(object, "create_revision");
    const auto modified = number_in(object, "mod_revision");
    const auto version = number_in(object, "version");
    const auto lease = number_in(object, "lease");
    if (!key || key->empty() || key->size() > limits::key_max || !value || !created || !modified || !version ||
        !lease) {
        return {};
    }
    if (*created < 0 || *created > *modified || *version < 0 || *lease < 0) {
        return {};
    }
    KeyValue pair{std::move(*key), std::move(*value), *created, *modified, *version, *lease};
    if (pair.value.size() > limits::value_max) {
        pair.value = {};
        pair.is_cut = true;
    }
    return pair;
}

Result<ReadAnswer, Fault> read_answer(std::string_view body, const Read& request) {
    const auto opened = open(body);
    return opened ? read_of(opened->object, opened->header, request) : opened.error();
}

Result<PutAnswer, Fault> put_answer(std::string_view body) {
    const auto opened = open(body);
    return opened ? Result<PutAnswer, Fault>(PutAnswer{opened->header}) : opened.error();
}

Result<DeleteAnswer, Fault> delete_answer(std::string_view body) {
    const auto opened = open(body);
    return opened ? deletion_of(opened->object, opened->header) : opened.error();
}

Result<TransactionAnswer, Fault> transaction_answer(std::string_view body, const Transaction& request) {
    const auto opened = open(body);
    if (!opened) {
        return opened.error();
    }
    TransactionAnswer answer{opened->header};
    const auto succeeded = flag_in(opened->object, "succeeded");
    const json& list = member_in(opened->object, "responses");
    if (!succeeded || (!list.is_null() && !list.is_array())) {
        return malformed("the result of a transaction is not valid");
    }
    answer.succeeded = *succeeded;
    const std::vector<Operation>& operations = answer.succeeded ? request.then : request.otherwise;
    if (list.size() != operations.size()) {
        return malformed("a transaction has another number of answers");
    }
    for (std::size_t i = 0; i < operations.size(); ++i) {
        auto one = std::visit(AnswerReader{list[i], answer.header}, operations[i]);
        if (!one) {
            return one.error();
        }
        answer.answers.push_back(std::move(*one));
    }
    return answer;
}

Result<LeaseAnswer, Fault> grant_answer(std::string_view body, LeaseId lease) {
    const auto opened = open(body);
    return opened ? lease_of(*opened, lease, false) : opened.error();
}

Result<LeaseAnswer, Fault> renewal_answer(std::string_view body, LeaseId lease) {
    const auto opened = open(body, true);
    return opened ? lease_of(*opened, lease, true) : opened.error();
}

Result<PutAnswer, Fault> revocation_answer(std::string_view body) {
    return put_answer(body);
}

Result<LoginAnswer, Fault> login_answer(std::string_view body) {
    const auto opened = open(body);
    if (!opened) {
        return opened.error();
    }
    auto token = text_in(opened->object, "token");
    if (!token || !is_token(*token)) {
        return malformed("it has no valid token");
    }
    return LoginAnswer{opened->header, std::move(*token)};
}

}  // namespace ferrotunnel::etcd
