// tedious behind promises, with what the tests expect of a server said once.
import assert from 'node:assert/strict';
import tedious from 'tedious';

const { Connection, Request, TYPES } = tedious;
export { TYPES };

export function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export class Client {
  static open({ options = {}, ...login } = {}) {
    const connection = new Connection({
      server: need('SIM_HOST'),
      authentication: {
        type: 'default',
        options: { userName: need('SIM_USER'), password: login.password ?? need('SIM_PASSWORD') },
      },
      options: {
        port: Number(need('SIM_PORT')),
        database: login.database ?? need('SIM_DATABASE'),
        encrypt: false,
        trustServerCertificate: true,
        serverName: 'localhost',
        requestTimeout: 30000,
        ...options,
      },
    });
    return new Promise((resolve, reject) => {
      connection.on('error', () => {});
      connection.connect((error) => (error ? reject(error) : resolve(new Client(connection))));
    });
  }

  constructor(connection) {
    this.connection = connection;
    this.messages = [];
    connection.on('infoMessage', (info) => this.messages.push(info.message));
  }

  close() {
    return new Promise((resolve) => {
      this.connection.once('end', resolve);
      this.connection.close();
    });
  }

  // Rows as arrays of values, and what else came.
  #run(start, sql, prepare = () => {}) {
    return new Promise((resolve, reject) => {
      const result = { rows: [], columns: [], outputs: {} };
      const request = new Request(sql, (error, count) => (error ? reject(error) : resolve({ ...result, count })));
      prepare(request);
      request.on('columnMetadata', (columns) => (result.columns = columns));
      request.on('row', (row) => result.rows.push(row.map((column) => column.value)));
      request.on('returnValue', (name, value) => (result.outputs[name] = value));
      start(request);
    });
  }

  batch(sql) {
    return this.#run((request) => this.connection.execSqlBatch(request), sql);
  }

  // Parameters as [name, type, value, options, 'out'].
  query(sql, ...parameters) {
    return this.#run((request) => this.connection.execSql(request), sql, addAll(parameters));
  }

  call(procedure, ...parameters) {
    return this.#run((request) => this.connection.callProcedure(request), procedure, addAll(parameters));
  }

  async value(sql, ...parameters) {
    return (await this.query(sql, ...parameters)).rows[0][0];
  }

  // Prepares once and runs with each set of values.
  async prepared(sql, parameters, ...valueSets) {
    const results = [];
    let current;
    const request = new Request(sql, (error, count) => (error ? current.reject(error) : current.resolve(count)));
    request.on('row', (row) => results.push(row.map((column) => column.value)));
    for (const [name, type, options] of parameters) request.addParameter(name, type, undefined, options);
    const step = (start) => new Promise((resolve, reject) => ((current = { resolve, reject }), start()));
    const prepared = new Promise((resolve) => request.once('prepared', resolve));
    this.connection.prepare(request);
    await prepared;
    for (const values of valueSets) await step(() => this.connection.execute(request, values));
    await step(() => this.connection.unprepare(request));
    return results;
  }

  bulk(table, columns, rows, options = {}) {
    return new Promise((resolve, reject) => {
      const load = this.connection.newBulkLoad(table, options, (error, count) => (error ? reject(error) : resolve(count)));
      for (const [name, type, settings] of columns) load.addColumn(name, type, { nullable: true, ...settings });
      this.connection.execBulkLoad(load, rows);
    });
  }

  transaction(step, ...args) {
    return new Promise((resolve, reject) =>
      this.connection[`${step}Transaction`]((error) => (error ? reject(error) : resolve()), ...args),
    );
  }

  reset() {
    return new Promise((resolve, reject) => this.connection.reset((error) => (error ? reject(error) : resolve())));
  }

  // Starts a batch and cancels it; the error that it ends with.
  cancelled(sql, afterMs) {
    return new Promise((resolve) => {
      this.connection.execSqlBatch(new Request(sql, resolve));
      setTimeout(() => this.connection.cancel(), afterMs);
    });
  }

  fails(number, promise) {
    return assert.rejects(promise, (error) => {
      assert.equal(error.number ?? error.errors?.[0]?.number, number, `${error.message}`);
      return true;
    });
  }
}

function addAll(parameters) {
  return (request) => {
    for (const [name, type, value, options, direction] of parameters) {
      if (direction === 'out') request.addOutputParameter(name, type, value, options);
      else request.addParameter(name, type, value, options);
    }
  };
}
