#include "http/fields.hpp"

#include "parse.hpp"

using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedRequest;

TEST_CASE("fields: found by name, in the order in which they came") {
    const ParsedRequest request("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nAccept: b\r\nx: 2\r\nX: \r\n\r\n");
    const Fields& fields = request.head().fields;
    REQUIRE(fields.size() == 5);
    CHECK(fields.first("x") == "1");
    CHECK(fields.first(FieldName::accept) == "b");
    CHECK_FALSE(fields.first("Y"));
    CHECK_FALSE(fields.first(FieldName::cookie));
    CHECK(fields.count(FieldName::host) == 1);
    CHECK(fields.count(FieldName::cookie) == 0);
    std::string names;
    for (const Field& field : fields) {
        names += std::string(field.name) + "=" + std::string(field.value) + " ";
    }
    CHECK(names == "Host=a X=1 Accept=b x=2 X= ");
}

TEST_CASE("fields: elements of a list") {
    const auto items = [](std::string_view list) {
        std::string all;
        ListItems walk(list);
        for (std::string_view item; walk.next(item);) {
            all += "[" + std::string(item) + "]";
        }
        return all;
    };
    CHECK(items("a, b ,\tc") == "[a][b][c]");
    CHECK(items(",a,, ,b,") == "[a][b]");
    CHECK(items("") == "");
    CHECK(items(" , ") == "");
    CHECK(items("a b") == "[a b]");
}
