// A table's definition as PostgreSQL's DDL, and as the catalog keeps it.
#pragma once

#include <string>
#include <vector>

#include "ast.hpp"
#include "catalog.hpp"
#include "translator.hpp"

namespace revsync::sim::tsql {

// Columns with their types settled: nullability from keys, types of computed columns from their expressions.
TableInfo describe_table(Environment& environment, const std::string& schema, const std::string& name,
                         const std::vector<ColumnDefinition>& columns,
                         const std::vector<ConstraintDefinition>& constraints);

ColumnInfo describe_column(Environment& environment, const TableInfo& table, const ColumnDefinition& column);

// `"name" type …` of CREATE TABLE and ADD COLUMN.
std::string column_sql(Environment& environment, const TableInfo& table, const ColumnInfo& info,
                       const ColumnDefinition& column);

// `CONSTRAINT … ` of CREATE TABLE and ADD; unnamed ones of lasting tables get SQL Server's kind of name.
std::string constraint_sql(Environment& environment, const TableInfo& table, const ConstraintDefinition& constraint);

std::string default_sql(Environment& environment, const TableInfo& table, const ColumnInfo& column, const Expr& value);

// PK__tblOrders__1A2B3C4D
std::string generated_name(std::string_view prefix, const std::string& table, const std::string& what);

// The rows of sim.column for one column (a VALUES tuple without the object's id and the position).
std::string catalog_row(const TableInfo& table, const ColumnInfo& info, const ColumnDefinition& column);

}  // namespace revsync::sim::tsql
