// Connections to both databases, for the peer and for the benchmark around it.
import pg from 'pg';
import { Connection, Request, TYPES } from 'tedious';

export { TYPES };

export async function connectPostgres(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

// `settings`: host, port, database, user, password, encrypt (true or false; the certificate is not checked).
export function connectSqlServer(settings) {
  const connection = new Connection({
    server: settings.host,
    authentication: { type: 'default', options: { userName: settings.user, password: settings.password } },
    options: {
      port: settings.port,
      database: settings.database,
      encrypt: settings.encrypt,
      trustServerCertificate: true,
      useUTC: true,
      requestTimeout: 0,
    },
  });
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve(new SqlServer(connection))));
  });
}

export class SqlServer {
  constructor(connection) {
    this.connection = connection;
    connection.on('error', () => {}); // a request in hand fails by itself
  }

  // One sp_executesql. `parameters`: name → [type, value]. Resolves to the rows, each an array of values.
  execute(statement, parameters = {}) {
    return this.#send('execSql', statement, parameters);
  }

  // One plain batch, as scripts need it.
  batch(statement) {
    return this.#send('execSqlBatch', statement, {});
  }

  close() {
    this.connection.close();
  }

  #send(how, statement, parameters) {
    return new Promise((resolve, reject) => {
      const rows = [];
      const request = new Request(statement, (error) => (error ? reject(error) : resolve(rows)));
      for (const [name, [type, value]] of Object.entries(parameters)) request.addParameter(name, type, value);
      request.on('row', (columns) => rows.push(columns.map((column) => column.value)));
      this.connection[how](request);
    });
  }
}

// Several connections; a statement takes the next free one, in the order of asking.
export class SqlServerPool {
  #free = [];
  #waiting = [];

  static async connect(settings, size) {
    const pool = new SqlServerPool();
    pool.#free = await Promise.all(Array.from({ length: size }, () => connectSqlServer(settings)));
    return pool;
  }

  async execute(statement, parameters) {
    const connection = this.#free.pop() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
    try {
      return await connection.execute(statement, parameters);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(connection);
      else this.#free.push(connection);
    }
  }
}
